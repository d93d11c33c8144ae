using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>
/// What virt-handover 0.1 kept of a process that it had handed over, where <see cref="Records.DomainRecord"/> keeps it now: the command line that the
/// process stands for. Such VMs run on over the upgrade of virt-handover.
/// </summary>
/// <param name="Process">The process it belongs to; for any other it is stale.</param>
/// <param name="Arguments">The arguments, the program's name first.</param>
public sealed record LogicalCommandLine(ProcessIdentity Process, IReadOnlyList<string> Arguments)
{
    /// <summary>Where they are kept: gone with the host's boot, as the processes are.</summary>
    public const string Directory = "/run/virt-handover/domains";

    /// <summary>Reads the command line that was kept of a process.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="process">Its process.</param>
    /// <param name="directory">Where they are.</param>
    /// <returns>Null when none was kept of this very process.</returns>
    public static LogicalCommandLine? Find(Guid domain, ProcessIdentity process, string directory = Directory)
    {
        try
        {
            var kept = ForeignJson.TryRead(File.ReadAllBytes(Path.Combine(directory, domain.ToString())), HandoverJson.Default.LogicalCommandLine);
            return kept is { Arguments.Count: > 0 } && kept.Process == process ? kept : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
