using System.Collections.Concurrent;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Asks an emulator's file for its version by running it. Remembers answers, not failures.</summary>
internal sealed class EmulatorProbe : IEmulatorProbe
{
    private const int MaxRemembered = 64;

    private readonly ConcurrentDictionary<(FileIdentity File, string Build), EmulatorVersion> _known = new();

    /// <summary>How long <c>--version</c> may take; a cold start on a host under full load included.</summary>
    public TimeSpan Limit { get; init; } = TimeSpan.FromSeconds(20);

    /// <inheritdoc/>
    public async Task<(EmulatorVersion? Version, string Failure)> AskAsync(string path, string build, CancellationToken cancellationToken)
    {
        try
        {
            // The file is held open and run through its descriptor: what is checked is what runs, even when a guest that has
            // broken out of its QEMU exchanges the process's program in between.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            string held = FormattableString.Invariant($"/proc/{Environment.ProcessId}/fd/{file.SafeFileHandle.DangerousGetHandle()}");
            if (FileIdentity.Of(held) is not { IsRegular: true } identity)
            {
                return (null, "is not a regular file");
            }

            if (_known.TryGetValue((identity, build), out EmulatorVersion? known))
            {
                return (known, "");
            }

            if (Untrusted(identity) is { } reason)
            {
                return (null, reason);
            }

            (string? output, string failure) = await ShortTool.RunAsync(held, ["--version"], Limit, cancellationToken).ConfigureAwait(false);
            EmulatorVersion? version = output is null ? null : EmulatorVersion.Parse(output);
            if (version is null)
            {
                return (null, output is null ? failure : "does not answer --version as QEMU does");
            }

            if (_known.Count >= MaxRemembered)
            {
                _known.Clear();
            }

            _known[(identity, build)] = version;
            return (version, "");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be opened: {exception.Message}");
        }
    }

    private static string? Untrusted(FileIdentity file) =>
        !file.IsExecutable ? "is not executable"
        : (file.Mode & 0x12) != 0 ? "can be written by others than its owner and is not run"
        : file.UserId != 0 && !Environment.IsPrivilegedProcess ? null
        : file.UserId != 0 ? "does not belong to root and is not run"
        : null;
}
