using System.Diagnostics;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Phases;

/// <summary>libvirt manages the target.</summary>
/// <param name="Outage">How long libvirt's API was away.</param>
/// <param name="Warnings">What could not be restored; none of it stops the guest.</param>
internal sealed record Confirmed(TimeSpan Outage, IReadOnlyList<Finding> Warnings);

/// <summary>Confirm: forward only. The target is put in the source's place, and only then libvirt's daemon may start.</summary>
internal static class ConfirmPhase
{
    /// <exception cref="UnfinishedException">The guest goes on in the target; something between it and libvirt is missing.</exception>
    internal static async Task<Confirmed> RunAsync(Finished finished, AdoptionPlan plan, HandoverJournal journal)
    {
        var quiesced = finished.Performed.Quiesced;
        var prepared = quiesced.Prepared;
        var begun = prepared.Begun;
        try
        {
            _ = journal.TryWrite(new JournalEntry.TargetRuns { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("confirm.journaled");
            quiesced.Source.Dispose();
            var warnings = await Of(prepared, plan).RunAsync(prepared.Target.Qmp).ConfigureAwait(false);
            prepared.Target.Qmp.Dispose();
            _ = journal.TryWrite(new JournalEntry.Adopting { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("confirm.adopting");
            await quiesced.Hold.ReleaseAsync(CancellationToken.None).ConfigureAwait(false);
            Checkpoint.Reach("confirm.released");
            await LibvirtConfirmation.WaitAsync(begun.Request.Domain, begun.Name).ConfigureAwait(false);
            Checkpoint.Reach("confirm.verified");
            return new Confirmed(Stopwatch.GetElapsedTime(quiesced.Hold.Since), warnings);
        }
        catch (Exception exception) when (HandoverRun.IsExpected(exception))
        {
            throw new UnfinishedException(
                $"VM {begun.Name} runs on the new QEMU (process {prepared.Target.Process.Id}), but libvirt does not manage it yet: {exception.Message} Do not start the VM a second time.",
                exception);
        }
    }

    private static Adoption Of(Prepared prepared, AdoptionPlan plan) => new()
    {
        Domain = prepared.Begun.Request.Domain,
        Name = prepared.Begun.Name,
        Source = prepared.Begun.Source.Identity,
        Target = prepared.Target.Process.Identity,
        MonitorPath = prepared.Begun.Status.MonitorPath,
        TargetMonitorPath = prepared.Target.MonitorPath,
        StatusPath = prepared.Begun.Status.Path,
        Plan = plan,
    };
}
