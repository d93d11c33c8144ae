using System.Collections.Concurrent;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
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
    public async Task<(EmulatorVersion? Version, string Failure)> AskAsync(
        string path, string build, int processId, CancellationToken cancellationToken)
    {
        try
        {
            // The file is held open and run through its descriptor: what is checked is what runs, even when a guest that has
            // broken out of its QEMU exchanges the process's program in between.
            if (FileIdentity.Of(path) is { } seen && TrustedFile.Objection(seen) is { } objection)
            {
                return (null, $"{objection} and is not run");
            }

            (FileStream file, FileIdentity identity) = TrustedFile.Open(path);
            using FileStream opened = file;
            string held = FormattableString.Invariant($"/proc/{Environment.ProcessId}/fd/{file.SafeFileHandle.DangerousGetHandle()}");

            if (_known.TryGetValue((identity, build), out EmulatorVersion? known))
            {
                return (known, "");
            }

            if (!identity.IsExecutable)
            {
                return (null, "is not executable");
            }

            (string? output, string failure) = await RunAsync(file.SafeFileHandle, held, processId, cancellationToken).ConfigureAwait(false);
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
        catch (ProcException exception)
        {
            return (null, $"is not run: {exception.Message.TrimEnd('.')}");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return (null, $"cannot be opened: {exception.Message}");
        }
    }

    // Never as root unless the VM's QEMU is: what a process runs from may say of itself that it is root's.
    private Task<(string? Output, string Failure)> RunAsync(SafeFileHandle file, string held, int processId, CancellationToken cancellationToken) =>
        !Environment.IsPrivilegedProcess
            ? BoundedProgram.AskAsync(held, ["--version"], Limit, cancellationToken)
            : LaunchedTool.RunAsync(
                new Launch
                {
                    Subject = "It",
                    Context = LaunchContexts.OfQuestion(ProcessStatus.Read(ProcRoot.Host, processId)),
                    Program = "",
                    Held = file,
                    Arguments = ["qemu", "--version"],
                    Environment = LaunchedTool.Environment,
                    Descriptors = [],
                },
                Limit,
                cancellationToken);
}
