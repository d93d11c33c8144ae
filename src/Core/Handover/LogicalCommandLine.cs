using System.Text.Json;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>
/// The command line a domain's process stands for. A process that was handed over got its network cards later and its VNC
/// listener later still, so its <c>/proc/PID/cmdline</c> is not its device set; this is, and the next handover starts from it.
/// </summary>
/// <param name="Process">The process it belongs to; for any other it is stale.</param>
/// <param name="Arguments">The arguments, the program's name first.</param>
/// <param name="IsRecorded">True when it was kept by a handover, false when it is the process's own command line.</param>
public sealed record LogicalCommandLine(ProcessIdentity Process, IReadOnlyList<string> Arguments, bool IsRecorded)
{
    /// <summary>Where they are kept: gone with the host's boot, as the processes are.</summary>
    public const string Directory = "/run/virt-handover/domains";

    /// <summary>Reads the command line of a domain's process.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="process">Its process.</param>
    /// <returns>The recorded one if it is of this very process, else the process's own.</returns>
    /// <exception cref="ProcException">The process has ended.</exception>
    public static LogicalCommandLine Read(Guid domain, ProcessIdentity process)
    {
        try
        {
            var recorded = HandoverJson.Read(File.ReadAllBytes(FileOf(domain)), HandoverJson.Default.LogicalCommandLine);
            if (recorded.Process == process && recorded.Arguments is { Count: > 0 })
                return recorded with { IsRecorded = true };
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or JsonException or NotSupportedException)
        {
            // None kept, or of no use: the process's own it is, and the drift check will tell if that is not enough.
        }

        return new LogicalCommandLine(process, ProcessCommandLine.Read(ProcRoot.Host, process.ProcessId), IsRecorded: false);
    }

    /// <summary>Keeps it for the next handover.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <exception cref="IOException">The directory cannot be written.</exception>
    public void Keep(Guid domain)
    {
        System.IO.Directory.CreateDirectory(Directory);
        var file = FileOf(domain);
        File.WriteAllBytes(file + ".new", JsonSerializer.SerializeToUtf8Bytes(this, HandoverJson.Default.LogicalCommandLine));
        File.Move(file + ".new", file, overwrite: true);
    }

    private static string FileOf(Guid domain) => Path.Combine(Directory, domain.ToString());
}
