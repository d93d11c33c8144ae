using System.Diagnostics;
using System.Globalization;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Settings;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The guest is paused and everything of it is in the target.</summary>
/// <param name="Quiesced">libvirt is down.</param>
/// <param name="CopiedBytes">What was moved, device state and video memory included.</param>
/// <param name="Frames">What became of its incoming frames.</param>
internal sealed record Performed(Quiesced Quiesced, long CopiedBytes, FrameCount Frames);

/// <summary>
/// Perform: pause the guest, give the target its network cards, move the device state. The guest stands still here, so
/// every wait is bounded by the pause limit and nothing is done that could have been done before.
/// </summary>
internal static class PerformPhase
{
    private const string Socket = "virt-handover";

    /// <summary>Short enough to cost a small guest little: it stands still until its copy is seen to be over.</summary>
    private static readonly TimeSpan CopyLook = TimeSpan.FromMilliseconds(10);

    private static readonly TimeSpan CopyNews = TimeSpan.FromMilliseconds(200);

    /// <exception cref="OperationCanceledException">It was cancelled while the guest stood still for a copy; the guest goes on in the source.</exception>
    internal static async Task<Performed> RunAsync(
        Quiesced quiesced, HandoverJournal journal, GuestPause pause, IProgress<HandoverProgress> progress, CancellationToken cancellationToken)
    {
        var prepared = quiesced.Prepared;
        var begun = prepared.Begun;
        var source = quiesced.Source;
        var running = quiesced.WasRunning;
        // A guest that stands still while it is copied may do so for seconds: long enough for somebody to think better of it.
        var still = begun.Assessment.StandsStill && prepared.Copy is null;
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(still ? cancellationToken : CancellationToken.None);
        // Of a guest that somebody has paused nobody notices how long it is copied.
        var limit = still && !running ? begun.Request.CopyLimit : begun.Request.MaxPause;
        var frames = new FrameCount(prepared.LateCards);
        var goesOn = running;
        try
        {
            await SetUpAsync(quiesced).ConfigureAwait(false);
            Checkpoint.Reach("perform.set-up");
            prepared.Taps.Read();
            journal.Write(Pausing(prepared, running));
            Checkpoint.Reach("perform.journaled");
            long copied = 0;
            if (prepared.Copy is { } copy)
            {
                copied = await CopyPhase.ConvergeAsync(prepared, copy, source, pause).ConfigureAwait(false);
                deadline.CancelAfter(quiesced.Limit.CapTrying(begun.Request.MaxPause));
                frames.Stopped();
                SaveChangedTaps(prepared, journal, running);
                foreach (var card in prepared.LateCards)
                    card.LeaveFirst();
                await source.ExecuteAsync(
                    "migrate-continue", new System.Text.Json.Nodes.JsonObject { ["state"] = "pre-switchover" }, null, deadline.Token).ConfigureAwait(false);
            }
            else
            {
                using var plug = await ReadyCardsAsync(prepared, () => IncomingAsync(prepared.Target.Qmp, deadline.Token), deadline.Token).ConfigureAwait(false);
                deadline.CancelAfter(quiesced.Limit.CapTrying(limit));
                await MoveStoppedAsync(prepared, plug, journal, source, running, frames, pause, deadline.Token).ConfigureAwait(false);
            }

            if (still)
                await WatchCopyAsync(source, progress, deadline.Token).ConfigureAwait(false);
            await WaitForBothAsync(prepared, source, limit, deadline.Token).ConfigureAwait(false);
            // A copy ends by itself, so the guest may have been faster; the stream tells the target, which never ran.
            if (running && prepared.Copy is not null)
            {
                var loaded = await prepared.Target.Qmp.QueryStatusAsync(deadline.Token).ConfigureAwait(false);
                goesOn = !GuestEnd.IsOne(loaded);
                GuestEnd.Refuse(loaded);
            }

            frames.Plugged(justNow: prepared.Copy is null);
            foreach (var link in DomainSettings.Links(begun.Status.Domain))
                await prepared.Target.Qmp.ExecuteAsync(link.Command, link.Arguments, null, deadline.Token).ConfigureAwait(false);
            TwinProcess.RequireRightsOnce(prepared);
            Checkpoint.Reach("perform.moved");
            return new Performed(quiesced, copied, frames);
        }
        catch (Exception exception)
        {
            await UndoAsync(quiesced, pause, goesOn).ConfigureAwait(false);
            if (still && cancellationToken.IsCancellationRequested)
                throw new OperationCanceledException("It was cancelled while the guest stood still.", exception, cancellationToken);
            if (quiesced.Limit.IsTryingOver)
                throw new HandoverException($"libvirt would have been away for too long (MaxOutage=): {exception.Message}", exception);
            if (exception is OperationCanceledException || deadline.IsCancellationRequested)
            {
                throw new HandoverException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"The guest would have stood still for longer than the limit of {limit.TotalMilliseconds:0} ms."), exception);
            }

            throw;
        }
    }

    /// <summary>Undo: the target dies, the taps get their settings back, the guest goes on in the source.</summary>
    /// <exception cref="UnfinishedException">The source does not go on.</exception>
    internal static Task UndoAsync(Quiesced quiesced, GuestPause pause) => UndoAsync(quiesced, pause, quiesced.WasRunning);

    private static async Task UndoAsync(Quiesced quiesced, GuestPause pause, bool goesOn)
    {
        var prepared = quiesced.Prepared;
        quiesced.UseAllTime();
        try
        {
            await UndoAsync(quiesced, prepared, goesOn).ConfigureAwait(false);
            if (goesOn)
                await pause.ReadAsync(quiesced.Source).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            throw new UnfinishedException($"VM {prepared.Begun.Name} stands still in the old QEMU and could not be continued: {exception.Message}", exception);
        }
    }

    /// <summary>What undo and recovery need once the guest may stand still.</summary>
    internal static JournalEntry.Pausing Pausing(Prepared prepared, bool wasRunning) =>
        new(wasRunning, prepared.Taps.Saved, prepared.DiscardObjects) { At = prepared.Begun.Clock.GetUtcNow() };

    /// <summary>Looks at the taps once more when the guest stands still: it may have changed them in the moment before.</summary>
    internal static void SaveChangedTaps(Prepared prepared, HandoverJournal journal, bool wasRunning)
    {
        if (prepared.Taps.Read())
            journal.Write(Pausing(prepared, wasRunning));
    }

    private static async Task UndoAsync(Quiesced quiesced, Prepared prepared, bool goesOn)
    {
        // The target first: while it lives it may hold the image locks and read frames.
        prepared.Target.Kill();
        prepared.Taps.Restore();
        await SourceRevival.RunAsync(quiesced.Source, goesOn, prepared.DiscardObjects, prepared.SourceSettings).ConfigureAwait(false);
    }

    /// <summary>Tells the target of its cards while the guest still runs; it does not get them before <see cref="AddCardsAsync"/>.</summary>
    /// <param name="prepared">The twin.</param>
    /// <param name="next">Sends the command that is to follow the cards at once, or none.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static Task<CardPlug> ReadyCardsAsync(Prepared prepared, Func<Task> next, CancellationToken cancellationToken) =>
        CardPlug.ReadyAsync(
            prepared.Target.Qmp, prepared.Target.Monitors.Private, [.. prepared.LateCards.Select(card => (card.Netdev, card.Device))], next, cancellationToken);

    /// <summary>The source stands still: gives the target its cards.</summary>
    internal static Task AddCardsAsync(Prepared prepared, CardPlug plug, CancellationToken cancellationToken)
    {
        foreach (var card in prepared.LateCards)
            card.OfferAll();
        return plug.PlugAsync(cancellationToken);
    }

    /// <summary>Gives both ends of a fresh connection away; keeping one here would keep a dead migration open.</summary>
    /// <param name="source">The source's monitor.</param>
    /// <param name="target">The target's.</param>
    /// <param name="process">The source; it must have its end afterwards: through libvirt one does not see who is at the other end of the monitor.</param>
    /// <exception cref="HandoverException">Another process than the source answers on its monitor.</exception>
    internal static async Task ConnectPairAsync(IQmpChannel source, QmpClient target, ProcessHandle process)
    {
        var (one, other) = UnixSockets.Pair();
        using (one)
        using (other)
        {
            await source.GetFdAsync(Socket, (int)one.DangerousGetHandle()).ConfigureAwait(false);
            MonitorProof.Require(process, one);
            await target.GetFdAsync(Socket, (int)other.DangerousGetHandle()).ConfigureAwait(false);
        }
    }

    internal static Task IncomingAsync(QmpClient target, CancellationToken cancellationToken) => target.MigrateIncomingFdAsync(Socket, cancellationToken);

    internal static Task OutgoingAsync(IQmpChannel source, CancellationToken cancellationToken) => source.MigrateFdAsync(Socket, cancellationToken);

    internal static Task SetDiscardAsync(IQmpChannel qmp, string id, bool value, CancellationToken cancellationToken) =>
        qmp.ExecuteAsync(
            "qom-set",
            new System.Text.Json.Nodes.JsonObject { ["path"] = "/objects/" + id, ["property"] = "discard-data", ["value"] = value },
            null,
            cancellationToken);

    // All that can be done while the guest still runs.
    private static async Task SetUpAsync(Quiesced quiesced)
    {
        var prepared = quiesced.Prepared;
        var source = quiesced.Source;
        if (prepared.Copy is null)
        {
            await MigrationSettings.ApplyAsync(source, prepared.SourceSettings, prepared.Method, pauseBeforeSwitchover: false, CancellationToken.None).ConfigureAwait(false);
            await ConnectPairAsync(source, prepared.Target.Qmp, prepared.Begun.Source).ConfigureAwait(false);
        }

        foreach (var id in prepared.DiscardObjects)
            await SetDiscardAsync(source, id, false, CancellationToken.None).ConfigureAwait(false);
        // What the guest has written since Prepare.
        await DiskFlush.OnceAsync(prepared.Begun, Limits.LastDiskFlush).ConfigureAwait(false);
    }

    private static async Task MoveStoppedAsync(
        Prepared prepared,
        CardPlug plug,
        HandoverJournal journal,
        SourceMonitor source,
        bool running,
        FrameCount frames,
        GuestPause pause,
        CancellationToken cancellationToken)
    {
        var stopping = Task.CompletedTask;
        Task<RunState>? standing = null;
        if (running)
        {
            // The event says that the guest and its cards stand still; the answer comes when the disks are flushed, too.
            stopping = source.StopAsync(cancellationToken);
            // Asked with it, so that it costs no time: a guest that has stopped by itself has sent that event as well.
            standing = source.QueryStatusAsync(cancellationToken);
            pause.Stopped((await source.Events.WaitForAsync(
                e => e.Name == "STOP", $"the guest to stop (VM {prepared.Begun.Name})", Limits.Command, cancellationToken).ConfigureAwait(false)).At);
        }

        frames.Stopped();
        plug.RequireFree();
        Checkpoint.Reach("perform.stopped");
        SaveChangedTaps(prepared, journal, running);
        await AddCardsAsync(prepared, plug, cancellationToken).ConfigureAwait(false);
        await stopping.ConfigureAwait(false);
        if (standing is not null)
            GuestEnd.Refuse(await standing.ConfigureAwait(false));
        Checkpoint.Reach("perform.cards-added");
        await OutgoingAsync(source, cancellationToken).ConfigureAwait(false);
        Checkpoint.Reach("perform.sending");
    }

    /// <summary>Tells how far the copy is until it is over. Whether it went well, its events say.</summary>
    private static async Task WatchCopyAsync(SourceMonitor source, IProgress<HandoverProgress> progress, CancellationToken cancellationToken)
    {
        var told = 0L;
        while (true)
        {
            var info = await source.QueryMigrateAsync(cancellationToken).ConfigureAwait(false);
            if (info.Ram is { } ram && (told == 0 || Stopwatch.GetElapsedTime(told) >= CopyNews))
            {
                told = Stopwatch.GetTimestamp();
                progress.Report(new HandoverProgress.Copying(Math.Max(0, ram.Total - ram.Remaining), ram.Remaining));
            }

            if (info.HasEnded)
                return;
            await Task.Delay(CopyLook, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WaitForBothAsync(Prepared prepared, SourceMonitor source, TimeSpan limit, CancellationToken cancellationToken)
    {
        var name = prepared.Begun.Name;
        var status = (await source.Events.WaitForAsync(
            e => e.MigrationStatus is "completed" or "failed" or "cancelled",
            $"the device state to be sent (VM {name})", limit, cancellationToken).ConfigureAwait(false)).MigrationStatus;
        if (status != "completed")
        {
            var info = await source.QueryMigrateAsync(cancellationToken).ConfigureAwait(false);
            throw new HandoverException($"QEMU did not move the device state: {info.Error?.TrimEnd('.') ?? status}.");
        }

        status = (await prepared.Target.Qmp.Events.WaitForAsync(
            e => e.MigrationStatus is "completed" or "failed", $"the device state to be loaded (VM {name})", limit, cancellationToken).ConfigureAwait(false)).MigrationStatus;
        if (status != "completed")
            throw new HandoverException($"The new QEMU could not load the device state; {prepared.Target.LastWords?.Quote()}");
    }
}
