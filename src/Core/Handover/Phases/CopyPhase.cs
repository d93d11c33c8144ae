using System.Diagnostics;
using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>A copy that is under way and held back just before its end.</summary>
/// <param name="FramesLost">Incoming frames that this stop cost; null when they were not counted.</param>
/// <param name="StoppedEarly">When the guest was found stopped although the copy was held back; null as a rule.</param>
/// <param name="Copied">Bytes moved so far.</param>
internal sealed record CopyUnderWay(long? FramesLost, DateTimeOffset? StoppedEarly, long Copied);

/// <summary>
/// Copying private memory. The bulk moves while libvirt is up, through its monitor; just before the end the copy is throttled to
/// a trickle, libvirt is stopped, and the rest goes at full speed. So the outage of libvirt does not grow with the memory.
/// </summary>
internal static class CopyPhase
{
    private const long Trickle = 64 * 1024;
    private static readonly TimeSpan ConvergeLimit = TimeSpan.FromSeconds(8);

    /// <summary>Moves the bulk. libvirt is up; the guest runs, but for a first stop of some ms that gives the target its network cards.</summary>
    /// <exception cref="HandoverException">It did not come near its end within the limit; it has been cancelled, the guest runs on.</exception>
    internal static async Task<CopyUnderWay> StartAsync(
        Prepared prepared, IQmpChannel source, HandoverJournal journal, IProgress<HandoverProgress> progress, GuestPause pause, CancellationToken cancellationToken)
    {
        var begun = prepared.Begun;
        // Before anything else, the guest's stop among it: the VM's monitor is reached through libvirt here, and proved by this.
        await PerformPhase.ConnectPairAsync(source, prepared.Target.Qmp, begun.Source).ConfigureAwait(false);
        var lost = await AttachCardsAsync(prepared, source, journal, pause, cancellationToken).ConfigureAwait(false);
        await MigrationSettings.ApplyAsync(source, prepared.SourceSettings, RamMethod.Copy, pauseBeforeSwitchover: true, cancellationToken).ConfigureAwait(false);
        // 0: while libvirt is up the copy may end only by running out of pages, and pause-before-switchover catches even that.
        await MigrationSettings.SetRateAsync(source, MigrationSettings.Unlimited, 0, cancellationToken).ConfigureAwait(false);
        await PerformPhase.IncomingAsync(prepared.Target.Qmp, cancellationToken).ConfigureAwait(false);
        await PerformPhase.OutgoingAsync(source, cancellationToken).ConfigureAwait(false);

        var watch = Stopwatch.StartNew();
        var reported = TimeSpan.Zero;
        while (true)
        {
            var asked = Stopwatch.GetTimestamp();
            var info = await source.QueryMigrateAsync(cancellationToken).ConfigureAwait(false);
            var ram = info.Ram;
            if (info.HasEnded)
                throw new HandoverException($"Copying the guest's memory ended early: {info.Error?.TrimEnd('.') ?? info.Status}.");
            if (info.Status == "pre-switchover")
                return new CopyUnderWay(lost, begun.Clock.GetUtcNow(), ram?.Transferred ?? 0);
            if (ram is not null && (ram.DirtySyncCount > 1 || ram.Remaining <= Math.Max(ram.Total / 8, 32L << 20)) && ram.Transferred > 0)
            {
                await MigrationSettings.SetRateAsync(source, Trickle, 0, cancellationToken).ConfigureAwait(false);
                return new CopyUnderWay(lost, null, ram.Transferred);
            }

            if (watch.Elapsed > begun.Request.CopyLimit)
            {
                throw new HandoverException(string.Create(
                    CultureInfo.InvariantCulture,
                    $"Copying the guest's memory did not come to an end within {begun.Request.CopyLimit.TotalSeconds:0} s (CopyLimit=)."));
            }

            if (ram is not null && watch.Elapsed - reported > TimeSpan.FromMilliseconds(250))
            {
                reported = watch.Elapsed;
                progress.Report(new HandoverProgress.Copying(ram.Transferred, ram.Remaining));
            }

            // A look goes through libvirt: where processors are scarce, looking without pause takes them from the copy.
            var rest = 3 * Stopwatch.GetElapsedTime(asked).TotalMilliseconds;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(rest, 4, 100)), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Lets the copy end; libvirt is down. Returns with the guest stopped and the last pages sent.</summary>
    /// <returns>The bytes moved.</returns>
    /// <exception cref="HandoverException">The guest writes faster than memory can be copied.</exception>
    internal static async Task<long> ConvergeAsync(Prepared prepared, CopyUnderWay copy, SourceMonitor source, GuestPause pause)
    {
        pause.Stopped(copy.StoppedEarly);
        var limit = prepared.Begun.Request.MaxPause;
        var watch = Stopwatch.StartNew();
        // Start with a pause that nobody would notice, and allow more only as the guest's writing demands it.
        var downtime = Math.Min(20, (int)limit.TotalMilliseconds);
        await MigrationSettings.SetRateAsync(source, MigrationSettings.Unlimited, downtime, CancellationToken.None).ConfigureAwait(false);
        var next = TimeSpan.FromMilliseconds(400);
        while (true)
        {
            // A QEMU that sends events without end must not keep this from looking at the clock.
            for (var read = 0; read < QmpLimits.Events && source.Events.TryRead(out var e); read++)
            {
                if (e.Name == "STOP")
                    pause.Stopped(e.At);
                if (e.MigrationStatus is "failed" or "cancelled")
                    throw new HandoverException("Copying the guest's memory failed at its end.");
            }

            var (migration, state) = (source.QueryMigrateAsync(), source.QueryStatusAsync());
            var info = await migration.ConfigureAwait(false);
            GuestEnd.Refuse(await state.ConfigureAwait(false));
            if (info.Status == "pre-switchover")
            {
                for (var read = 0; read < QmpLimits.Events && source.Events.TryRead(out var e); read++)
                    pause.Stopped(e.Name == "STOP" ? e.At : null);
                return info.Ram?.Transferred ?? copy.Copied;
            }

            if (watch.Elapsed > ConvergeLimit)
                throw new HandoverException("The guest writes to its memory faster than it can be copied within the allowed pause.");
            if (watch.Elapsed > next && downtime < limit.TotalMilliseconds / 2)
            {
                downtime *= 2;
                next += TimeSpan.FromMilliseconds(400);
                await MigrationSettings.SetRateAsync(source, MigrationSettings.Unlimited, downtime, CancellationToken.None).ConfigureAwait(false);
            }

            await Task.Delay(TimeSpan.FromMilliseconds(1)).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The stream begins with the list of all memory blocks, a network card's ROM among them, so the target needs the cards
    /// before the copy. They are added while the guest stands still, and the taps get their settings back before it goes on.
    /// </summary>
    private static async Task<long?> AttachCardsAsync(
        Prepared prepared, IQmpChannel source, HandoverJournal journal, GuestPause pause, CancellationToken cancellationToken)
    {
        if (prepared.LateCards.Count == 0)
            return null;
        var running = (await source.QueryStatusAsync(cancellationToken).ConfigureAwait(false)).IsRunning;
        // Written first: whoever finds the guest stopped here has to know that it ran, and what the taps were set to.
        prepared.Taps.Read();
        journal.Write(PerformPhase.Pausing(prepared, running));
        var frames = new FrameCount(prepared.LateCards);
        var watch = new Stopwatch();
        try
        {
            using var plug = await PerformPhase.ReadyCardsAsync(prepared, () => Task.CompletedTask, CancellationToken.None).ConfigureAwait(false);
            watch.Start();
            if (running)
                await source.StopAsync(CancellationToken.None).ConfigureAwait(false);
            frames.Stopped();
            plug.RequireFree();
            Checkpoint.Reach("copy.stopped");
            PerformPhase.SaveChangedTaps(prepared, journal, running);
            await PerformPhase.AddCardsAsync(prepared, plug, CancellationToken.None).ConfigureAwait(false);
            frames.Plugged();
            Checkpoint.Reach("copy.cards-added");
        }
        catch
        {
            // A target with half a card would take the source's frames.
            prepared.Target.Kill();
            throw;
        }
        finally
        {
            await GiveBackAsync(prepared, source, running).ConfigureAwait(false);
            pause.Attach = watch.Elapsed;
        }

        // The guest may change its queues and offloads from now on, and nobody may take that back.
        journal.Write(PerformPhase.Pausing(prepared, running) with { Taps = [] });
        return frames.Lost();
    }

    // A guest that does not go on is a matter for the journal, which says that it ran.
    private static async Task GiveBackAsync(Prepared prepared, IQmpChannel source, bool running)
    {
        try
        {
            prepared.Taps.Restore();
            if (running)
                await source.ContAsync(CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is not UnfinishedException)
        {
            throw new UnfinishedException($"VM {prepared.Begun.Name} stands still in the old QEMU and could not be continued: {exception.Message}", exception);
        }
    }
}
