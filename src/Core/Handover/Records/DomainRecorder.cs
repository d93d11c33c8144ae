using Serilog;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Logging;

namespace VirtHandover.Handover.Records;

/// <summary>Notes how each domain's QEMU was started, as soon as the service hears of it, and forgets those that have ended.</summary>
/// <param name="paths">Where libvirt's files are.</param>
/// <param name="time">The clock.</param>
/// <param name="log">Where domains are told of that had run before anybody looked.</param>
public sealed class DomainRecorder(LibvirtPaths paths, TimeProvider time, ILogger log)
{
    private const int MostNames = 5;

    private readonly DomainRecords _records = DomainRecords.Host;

    /// <summary>Notes those of which nothing is known yet.</summary>
    /// <param name="domains">Running domains.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task NoteAsync(IEnumerable<(Guid Uuid, string Name)> domains, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(domains);
        var late = new List<string>();
        foreach (var (uuid, name) in domains)
        {
            if (await NoteAsync(uuid, name, cancellationToken).ConfigureAwait(false))
                late.Add(name);
        }

        if (late.Count > 0)
        {
            log.Information(
                "{Count} VMs ran before virt-handover saw them ({Names}{More}); how their QEMU was started was noted now.",
                late.Count, string.Join(", ", late.Take(MostNames)), late.Count > MostNames ? ", …" : "");
        }
    }

    /// <summary>Forgets those that have ended.</summary>
    public void Prune()
    {
        try
        {
            _records.Prune(ProcRoot.Host);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or HandoverException)
        {
            log.Debug("Old records of VMs stay: {Reason}", exception.Message);
        }
    }

    private ILogger LogOf(string name, Guid uuid) => log.ForContext(new About(null) { Domain = name, Uuid = uuid });

    /// <returns>True when it was noted now, and late.</returns>
    private async Task<bool> NoteAsync(Guid uuid, string name, CancellationToken cancellationToken)
    {
        ProcessHandle? process = null;
        try
        {
            var status = StatusFile.Read(paths.StatusFile(name));
            process = ProcessHandle.Open(status.ProcessId);
            if (status.Uuid != uuid || _records.Read(uuid, process.Identity) is not null)
                return false;
            var taken = await RecordTaking.TakeAsync(status, process, paths, _records, time, cancellationToken).ConfigureAwait(false);
            if (taken.Problems.Count > 0)
                LogOf(name, uuid).Warning("VM {Domain} will not be handed over. {Problem}", name, taken.Problems[0].Sentence);
            return taken.Record.IsLate;
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            // It may just be ending. If not, whoever examines it next meets the same and says so.
            LogOf(name, uuid).Debug("How the QEMU of {Domain} was started could not be noted: {Reason}", name, exception.Message);
            return false;
        }
        finally
        {
            process?.Dispose();
        }
    }
}
