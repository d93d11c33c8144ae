using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>Makes up a version from the build, and counts how often it is asked.</summary>
internal sealed class FakeProbe : IEmulatorProbe
{
    public int Asked { get; private set; }

    public string Failure { get; set; } = "";

    public Task<(EmulatorVersion? Version, string Failure)> AskAsync(string path, string build, int processId, CancellationToken cancellationToken)
    {
        Asked++;
        return Task.FromResult<(EmulatorVersion?, string)>(
            Failure.Length > 0 ? (null, Failure) : (new EmulatorVersion(build[..4], "in " + build[..4]), ""));
    }
}
