using VirtHandover.Handover.Journal;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The target runs the guest; the source never will again.</summary>
/// <param name="Performed">How it was moved.</param>
internal sealed record Finished(Performed Performed);

/// <summary>
/// Finish: the decision. The commit is on disk before anything that cannot be taken back, and the source is frozen before the
/// target may run, so that never two run the guest. The one way back is a target that QEMU itself refuses to continue.
/// </summary>
internal static class FinishPhase
{
    /// <exception cref="HandoverException">The target provably has not run the guest; the source is thawed and may go on.</exception>
    /// <exception cref="UnfinishedException">It is not certain whether the target has run the guest; the source is frozen.</exception>
    internal static async Task<Finished> RunAsync(Performed performed, AdoptionPlan adoption, HandoverJournal journal, GuestPause pause)
    {
        var prepared = performed.Quiesced.Prepared;
        var begun = prepared.Begun;
        var target = prepared.Target;
        begun.Source.Freeze();
        Checkpoint.Reach("finish.frozen");
        try
        {
            journal.Write(new JournalEntry.Committed(adoption) { At = begun.Clock.GetUtcNow() });
        }
        catch
        {
            // The journal's disk is broken: nothing has run in the target yet.
            begun.Source.Thaw();
            throw;
        }

        Checkpoint.Reach("finish.committed");
        performed.Quiesced.UseAllTime();
        if (target.Process.HasExited)
        {
            Revoke(begun, journal);
            throw new HandoverException($"The new QEMU ended before it was told to continue the guest; {target.LastWords?.Quote()}");
        }

        if (adoption.Continue)
            await ContinueAsync(performed, journal, pause).ConfigureAwait(false);
        Checkpoint.Reach("finish.continued");
        return new Finished(performed);
    }

    // On disk before the source may run: otherwise whoever finds this journal would take a running source for a frozen one.
    private static void Revoke(Begun begun, HandoverJournal journal)
    {
        if (!journal.TryWrite(new JournalEntry.Revoked { At = begun.Clock.GetUtcNow() }))
            throw new UnfinishedException($"VM {begun.Name} stands still: the new QEMU did not take it over, and the journal cannot be written, without which the old one must not go on.");
        begun.Source.Thaw();
    }

    private static async Task ContinueAsync(Performed performed, HandoverJournal journal, GuestPause pause)
    {
        var begun = performed.Quiesced.Prepared.Begun;
        var target = performed.Quiesced.Prepared.Target;
        try
        {
            await target.Qmp.ContAsync().ConfigureAwait(false);
            var resumed = await target.Qmp.Events.WaitForAsync(
                e => e.Name == "RESUME", $"the guest to go on (VM {begun.Name})", performed.Quiesced.Limit.Cap(Limits.Command)).ConfigureAwait(false);
            pause.Resumed(resumed.At);
        }
        catch (QmpException exception)
        {
            // QEMU refused 'cont': the guest has not run there (an image lock, a full disk).
            Revoke(begun, journal);
            throw new HandoverException($"The new QEMU could not take over the disks: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is not (HandoverException or UnfinishedException))
        {
            // No answer, or one that is none, or a fault of ours: it may run there.
            throw new UnfinishedException(
                $"VM {begun.Name} was given to the new QEMU (process {target.Process.Id}), which does not say whether it runs: {exception.Message} The old one (process {begun.Source.Id}) is frozen and must not be continued.",
                exception);
        }
    }
}
