using VirtHandover.Contract;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover.Phases;

/// <summary>The target is in the source's place; libvirt may start.</summary>
/// <param name="Prepared">The target.</param>
/// <param name="Warnings">What could not be restored; none of it stops the guest.</param>
internal sealed record Adopted(Prepared Prepared, IReadOnlyList<Finding> Warnings);

/// <summary>Confirm: forward only. The target is put in the source's place, and only then libvirt's daemon may start.</summary>
internal static class ConfirmPhase
{
    /// <summary>Puts the target in the source's place; libvirt is down.</summary>
    /// <exception cref="UnfinishedException">The guest goes on in the target; something that libvirt needs is missing.</exception>
    internal static async Task<Adopted> AdoptAsync(Finished finished, AdoptionPlan plan, HandoverJournal journal)
    {
        var quiesced = finished.Performed.Quiesced;
        var prepared = quiesced.Prepared;
        var begun = prepared.Begun;
        try
        {
            _ = journal.TryWrite(new JournalEntry.TargetRuns { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("confirm.journaled");
            quiesced.Source.Dispose();
            var warnings = await Of(quiesced, plan).RunAsync(prepared.Target.Qmp).ConfigureAwait(false);
            prepared.Target.Qmp.Dispose();
            _ = journal.TryWrite(new JournalEntry.Adopting { At = begun.Clock.GetUtcNow() });
            Checkpoint.Reach("confirm.adopting");
            return new Adopted(prepared, warnings);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            throw Unmanaged(prepared, exception);
        }
    }

    /// <summary>Waits until libvirt, which has been started, manages the target.</summary>
    /// <exception cref="UnfinishedException">It does not.</exception>
    internal static async Task VerifyAsync(Adopted adopted)
    {
        var begun = adopted.Prepared.Begun;
        try
        {
            await LibvirtConfirmation.WaitAsync(begun.Request.Domain, begun.Name).ConfigureAwait(false);
            Checkpoint.Reach("confirm.verified");
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            throw Unmanaged(adopted.Prepared, exception);
        }
    }

    private static UnfinishedException Unmanaged(Prepared prepared, Exception exception) => new(
        $"VM {prepared.Begun.Name} runs on the new QEMU (process {prepared.Target.Process.Id}), but libvirt does not manage it yet: {exception.Message} Do not start the VM a second time.",
        exception);

    private static Adoption Of(Quiesced quiesced, AdoptionPlan plan)
    {
        var prepared = quiesced.Prepared;
        return new Adoption
        {
            Domain = prepared.Begun.Request.Domain,
            Name = prepared.Begun.Name,
            Source = prepared.Begun.Source.Identity,
            Target = prepared.Target.Process.Identity,
            Monitors = prepared.Target.Monitors,
            StatusPath = prepared.Begun.Status.Path,
            EndsAt = quiesced.Limit.EndsAt,
            Plan = plan,
        };
    }
}
