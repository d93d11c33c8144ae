using VirtHandover.Handover.Journal;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The target runs the guest; the source never will again.</summary>
/// <param name="Performed">How it was moved.</param>
/// <param name="Pause">From the source's STOP to the target's RESUME; null when the guest was paused by somebody and stays so.</param>
internal sealed record Finished(Performed Performed, TimeSpan? Pause);

/// <summary>
/// Finish: the decision. The commit is on disk before anything that cannot be taken back, and the source is frozen before the
/// target may run, so that never two run the guest. The one way back is a target that QEMU itself refuses to continue.
/// </summary>
internal static class FinishPhase
{
    internal static async Task<Finished> RunAsync(Performed performed, AdoptionPlan adoption, HandoverJournal journal)
    {
        var prepared = performed.Quiesced.Prepared;
        var begun = prepared.Begun;
        var target = prepared.Target;
        begun.Source.Freeze();
        try
        {
            journal.Write(new JournalEntry.Committed(adoption) { At = begun.Clock.GetUtcNow() });
        }
        catch
        {
            // The journal's disk is full: nothing has run in the target yet.
            begun.Source.Thaw();
            throw;
        }

        TimeSpan? pause = null;
        if (adoption.Continue)
            pause = await ContinueAsync(performed).ConfigureAwait(false);
        return new Finished(performed, pause);
    }

    private static async Task<TimeSpan?> ContinueAsync(Performed performed)
    {
        var begun = performed.Quiesced.Prepared.Begun;
        var target = performed.Quiesced.Prepared.Target;
        try
        {
            await target.Qmp.ContAsync().ConfigureAwait(false);
        }
        catch (QmpException exception)
        {
            // QEMU refused 'cont': the guest has not run there (an image lock, a full disk). The one way back after the commit.
            begun.Source.Thaw();
            throw new HandoverException($"The new QEMU could not take over the disks: {exception.Message}", exception);
        }

        var resumed = await target.Qmp.Events.WaitForAsync(
            e => e.Name == "RESUME", $"the guest to go on (VM {begun.Name})", Limits.Command).ConfigureAwait(false);
        return performed.StoppedAt is { } stopped ? resumed.At - stopped : null;
    }
}
