using VirtHandover.Contract;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;

namespace VirtHandover.Handover;

/// <summary>
/// The handovers of one keeper. Each VM gets its twin on its own while libvirt is up; then libvirt is stopped once, the guests move
/// one after the other, and libvirt is started once and finds them all. One that fails takes none of the others with it; but since
/// what failed for one may fail for the next, those that have not moved yet are put off.
/// </summary>
/// <typeparam name="TTwin">A twin that waits for its guest.</typeparam>
/// <typeparam name="TTarget">A target that has its guest and waits for libvirt.</typeparam>
/// <param name="runs">They.</param>
/// <param name="host">What they have in common.</param>
internal sealed class HandoverGroup<TTwin, TTarget>(IReadOnlyList<IGroupRun<TTwin, TTarget>> runs, IGroupHost<TTwin> host)
    where TTwin : class
    where TTarget : class
{
    /// <summary>Starting a QEMU costs CPU, which the guests need as well.</summary>
    private const int PreparedAtOnce = 2;

    /// <summary>
    /// Room for those that are started at once, by what the first twin took, and for as much again: where memory runs out the kernel
    /// ends the largest process, and that is a VM.
    /// </summary>
    private const int RoomFor = 2 * PreparedAtOnce;

    private const string NoRoom = "the host has too little memory left for one more QEMU beside those that wait for this outage of libvirt";

    private const string NoTime = "libvirt had been away for as long as it may (MaxOutage=) before its turn came";

    /// <summary>Runs them. Never throws for what befalls a VM: whatever happens is in the report of each, with the state the VM is in.</summary>
    internal async Task RunAsync()
    {
        var ready = await WithoutCancelledAsync(await PrepareAsync().ConfigureAwait(false)).ConfigureAwait(false);
        if (ready.Count > 0 && await QuiesceAsync(ready).ConfigureAwait(false) is { } outage)
            await MoveAsync(ready, outage).ConfigureAwait(false);
    }

    /// <summary>The first by itself: what it finds wrong with the new QEMU, nobody else need find.</summary>
    /// <returns>Those that have a twin; none when one of them failed to get one.</returns>
    private async Task<IReadOnlyList<ReadyRun>> PrepareAsync()
    {
        var twins = new ReadyRun?[runs.Count];
        twins[0] = await PrepareAsync(runs[0]).ConfigureAwait(false);
        bool MayBegin() => Failed is null && (twins[0] is not { } first || host.HasRoomFor(first.Twin, RoomFor));
        await Parallel.ForEachAsync(
            Enumerable.Range(1, runs.Count - 1),
            new ParallelOptions { MaxDegreeOfParallelism = PreparedAtOnce },
            async (index, _) => twins[index] = MayBegin() ? await PrepareAsync(runs[index]).ConfigureAwait(false) : null).ConfigureAwait(false);
        ReadyRun[] ready = [.. twins.OfType<ReadyRun>()];
        var failed = Failed;
        var because = failed is null ? NoRoom : Failure(failed.Subject);
        if (failed is not null)
        {
            await WithdrawAsync(ready, run => run.Postpone(because, null)).ConfigureAwait(false);
            ready = [];
        }

        var waiting = ready.Select(one => one.Run).ToHashSet();
        foreach (var run in runs.Where(run => run.Outcome is null && !waiting.Contains(run)))
            run.Postpone(because, null);
        return ready;
    }

    private static string Failure(string subject) => $"that of {subject}, which was to share its outage of libvirt, failed before it";

    /// <summary>One that has failed while libvirt was up; a refusal, a cancellation or a QEMU that lies says nothing about the others.</summary>
    private IGroupRun<TTwin, TTarget>? Failed => runs.FirstOrDefault(run => run is { Outcome: HandoverOutcome.Undone or HandoverOutcome.Stranded, FailedAlone: false });

    private async Task<ReadyRun?> PrepareAsync(IGroupRun<TTwin, TTarget> run)
    {
        try
        {
            return await run.PrepareAsync().ConfigureAwait(false) is { } twin ? new ReadyRun(run, twin) : null;
        }
        catch (UnfinishedException unfinished)
        {
            await InsistAsync([new LeftRun(run, unfinished)], null).ConfigureAwait(false);
            return null;
        }
    }

    private async Task<IReadOnlyList<ReadyRun>> WithoutCancelledAsync(IReadOnlyList<ReadyRun> ready)
    {
        var cancelled = ready.Where(one => one.Run.IsCancelled).ToList();
        await WithdrawAsync(cancelled, run => run.End(new OperationCanceledException())).ConfigureAwait(false);
        return [.. ready.Except(cancelled)];
    }

    /// <returns>libvirt's absence; null when it could not be brought about, which was then reported for each.</returns>
    private async Task<IOutage?> QuiesceAsync(IReadOnlyList<ReadyRun> ready)
    {
        foreach (var (run, _) in ready)
            run.EnterQuiesce();
        try
        {
            return await host.StopLibvirtAsync([.. ready.Select(one => (one.Twin, one.Run.Journal))]).ConfigureAwait(false);
        }
        catch (UnfinishedException unfinished)
        {
            await InsistAsync([.. ready.Select(one => new LeftRun(one.Run, unfinished))], null).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is HostBusyException or LibvirtException { IsAway: true })
        {
            await WithdrawAsync(ready, run => run.End(exception)).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // One failure, not one of each: the others need only be tried again.
            await WithdrawAsync(ready.Take(1), run => run.End(exception)).ConfigureAwait(false);
            await WithdrawAsync(ready.Skip(1), run => run.Postpone(Failure(ready[0].Run.Subject), null)).ConfigureAwait(false);
        }

        return null;
    }

    private async Task WithdrawAsync(IEnumerable<ReadyRun> ready, Action<IGroupRun<TTwin, TTarget>> report)
    {
        foreach (var (run, twin) in ready)
        {
            try
            {
                await run.WithdrawAsync(twin).ConfigureAwait(false);
                report(run);
            }
            catch (UnfinishedException unfinished)
            {
                await InsistAsync([new LeftRun(run, unfinished)], null).ConfigureAwait(false);
            }
        }
    }

    private async Task MoveAsync(IReadOnlyList<ReadyRun> ready, IOutage outage)
    {
        List<(IGroupRun<TTwin, TTarget> Run, TTarget Target)> moved = [];
        List<(IGroupRun<TTwin, TTarget> Run, Exception Cause)> undone = [];
        List<IGroupRun<TTwin, TTarget>> postponed = [];
        List<LeftRun> left = [];
        string? failed = null;
        var limit = outage.Limit;
        foreach (var (run, twin) in ready)
        {
            try
            {
                // One may be late without having failed; there is no time left to undo the next.
                if (failed is null && !limit.IsTryingOver)
                {
                    moved.Add((run, await run.MoveAsync(twin, limit).ConfigureAwait(false)));
                }
                else
                {
                    await run.DropAsync(twin, limit).ConfigureAwait(false);
                    postponed.Add(run);
                }
            }
            catch (Exception own) when (own is OperationCanceledException or RefusedException
                || HandoverRun.IsOwn(own) || (run.SourceHasEnded && HandoverRun.IsFailure(own)))
            {
                // It says something about this VM and nothing about the next.
                undone.Add((run, own));
            }
            catch (UnfinishedException unfinished)
            {
                left.Add(new LeftRun(run, unfinished));
                failed ??= run.Subject;
            }
            catch (Exception exception) when (HandoverRun.IsFailure(exception))
            {
                undone.Add((run, exception));
                failed ??= run.Subject;
            }
        }

        foreach (var (run, _) in ready)
            run.LetGo();
        // As long as one of them is neither here nor there libvirt stays away, for all: it would end that one.
        if (left.Count == 0 && await TryReleaseAsync(outage).ConfigureAwait(false) is { } fault)
        {
            // One is enough to have somebody who starts libvirt; those that were moved have to be in its sight.
            left.AddRange(moved.Select(one => new LeftRun(one.Run, fault)));
            if (left.Count == 0)
                left.AddRange(undone.Select(one => one.Run).Concat(postponed).Select(run => new LeftRun(run, fault)));
        }

        if (left.Count > 0)
            await InsistAsync(left, outage).ConfigureAwait(false);
        Checkpoint.Reach("confirm.released");
        var settled = left.Select(one => one.Run).ToHashSet();
        foreach (var (run, target) in moved.Where(one => !settled.Contains(one.Run)))
            await ConfirmAsync(run, target, outage).ConfigureAwait(false);
        foreach (var (run, cause) in undone.Where(one => !settled.Contains(one.Run)))
            run.End(cause, outage);
        foreach (var run in postponed.Where(one => !settled.Contains(one)))
            run.Postpone(failed is null ? NoTime : Failure(failed), outage);
    }

    private static async Task<UnfinishedException?> TryReleaseAsync(IOutage outage)
    {
        try
        {
            await outage.ReleaseAsync().ConfigureAwait(false);
            return null;
        }
        catch (Exception exception)
        {
            return new UnfinishedException($"libvirt is down and could not be started: {exception.Message} Do not start a VM a second time.", exception);
        }
    }

    private async Task ConfirmAsync(IGroupRun<TTwin, TTarget> run, TTarget target, IOutage outage)
    {
        try
        {
            await run.ConfirmAsync(target, outage).ConfigureAwait(false);
        }
        catch (UnfinishedException unfinished)
        {
            await InsistAsync([new LeftRun(run, unfinished)], outage).ConfigureAwait(false);
        }
    }

    /// <summary>
    /// The phases' own way out has failed, or there is none: from here on the journals decide, as they would for somebody who comes
    /// after this process, only that this process still holds libvirt's lock.
    /// </summary>
    private async Task InsistAsync(IReadOnlyList<LeftRun> left, IOutage? outage)
    {
        foreach (var (run, _) in left)
            run.LetGo();
        IReadOnlyList<BrokenHandover> broken = [.. left.Select(one => new BrokenHandover(one.Run.Journal, one.Why.Message))];
        var alarm = new AlarmSink(left[0].Run.Alarm);
        var reports = await (outage is null ? host.InsistAsync(broken, alarm) : outage.InsistAsync(broken, alarm)).ConfigureAwait(false);
        foreach (var (one, report) in left.Zip(reports))
            one.Run.Take(report);
    }

    /// <summary>A VM with a twin that waits for it.</summary>
    private sealed record ReadyRun(IGroupRun<TTwin, TTarget> Run, TTwin Twin);

    /// <summary>A VM that is neither here nor there.</summary>
    private sealed record LeftRun(IGroupRun<TTwin, TTarget> Run, UnfinishedException Why);
}
