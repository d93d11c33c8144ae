using VirtHandover.Foreign;
using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>Runs the administrator's own program, for its exit code and the first line of what it says.</summary>
internal static class BoundedCommand
{
    private const int MostCharacters = 200;

    /// <summary>Runs it.</summary>
    /// <param name="program">What to run.</param>
    /// <param name="cancellationToken">Kills it before its limit.</param>
    /// <returns>Its exit code, null when it did not end in time or could not be started; and the first line of what it said, or why there is none.</returns>
    public static async Task<(int? ExitCode, string Word)> RunAsync(BoundedProgram program, CancellationToken cancellationToken)
    {
        var end = await (program with { IsOneText = true, MostBytes = MostCharacters * 4, Directory = "/" }).RunAsync(cancellationToken).ConfigureAwait(false);
        return (end.ExitCode, end.ExitCode is null ? $"it {end.Failure}" : ForeignText.FirstLine(end.Output, MostCharacters));
    }
}
