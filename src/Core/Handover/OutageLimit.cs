using System.Diagnostics;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;

namespace VirtHandover.Handover;

/// <summary>
/// Until when libvirt may be away because of handovers (<c>MaxOutage=</c>). What is still to be moved ends earlier, so that there is time
/// to undo it; who has not come to an end at the end is stranded.
/// </summary>
/// <param name="EndsAt">The end, in <see cref="Stopwatch"/> ticks.</param>
/// <param name="TryUntil">Until when something may be tried whose failure has to be undone, in the same ticks.</param>
internal sealed record OutageLimit(long EndsAt, long TryUntil)
{
    /// <summary>Where nothing is configured.</summary>
    internal static readonly TimeSpan Default = TimeSpan.FromSeconds(15);

    /// <summary>
    /// The least that a recovery gets, however long libvirt has been away before it: a keeper that died says nothing about its VMs, and a QEMU that
    /// is well answers in milliseconds.
    /// </summary>
    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);

    /// <summary>A keeper is alive as long as it strands its VMs itself: it has what every recovery has, and that takes a moment.</summary>
    private static readonly TimeSpan Overdue = Least + TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LeastShare = TimeSpan.FromSeconds(1);

    /// <summary>What is left for the undo, where a third of the whole is not less.</summary>
    private static readonly TimeSpan Undo = TimeSpan.FromSeconds(5);

    /// <summary>How long is left.</summary>
    internal TimeSpan Left => Until(EndsAt);

    /// <summary>True once who has not come to an end is stranded.</summary>
    internal bool IsUp => Left == TimeSpan.Zero;

    /// <summary>True once nothing is to be begun any more.</summary>
    internal bool IsTryingOver => Until(TryUntil) == TimeSpan.Zero;

    /// <summary>
    /// How long libvirt may be away for handovers that are moved together: <c>MaxOutage=</c>, and the longest pause that one of them is allowed.
    /// </summary>
    /// <param name="group">Their twins.</param>
    internal static TimeSpan For(IEnumerable<Prepared> group) => group.Max(twin => twin.Begun.Request.MaxOutage + PauseOf(twin));

    /// <summary>The limit of an absence that has just begun.</summary>
    /// <param name="since">When, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="length">From <see cref="For"/>.</param>
    internal static OutageLimit Of(long since, TimeSpan length)
    {
        var end = since + Ticks(length);
        return new OutageLimit(end, end - Ticks(length / 3 < Undo ? length / 3 : Undo));
    }

    /// <summary>The limit of a recovery that begins now, by what the journals say.</summary>
    /// <param name="traces">The broken handovers.</param>
    /// <param name="now">The host's clock, as in the journals.</param>
    internal static OutageLimit Of(IEnumerable<HandoverTrace> traces, DateTimeOffset now)
    {
        // One that libvirt was not stopped for, or that is tried once more, has all of it.
        var left = traces.Select(trace => trace.Quiescing is { } quiescing && !trace.IsReopened
            ? quiescing.Limit - Elapsed(quiescing.At, now)
            : trace.Opened.Request.MaxOutage).DefaultIfEmpty(TimeSpan.Zero).Max();
        var end = Stopwatch.GetTimestamp() + Ticks(left > Least ? left : Least);
        return new OutageLimit(end, end);
    }

    /// <summary>True when who still keeps libvirt away because of these handovers does not do its work any more: it would have stranded their VMs.</summary>
    /// <param name="traces">The handovers.</param>
    /// <param name="now">The host's clock, as in the journals.</param>
    internal static bool IsOverdue(IEnumerable<HandoverTrace> traces, DateTimeOffset now) => traces
        .Where(trace => trace.Report is null)
        .Select(trace => trace.Quiescing is { } quiescing ? Elapsed(quiescing.At, now) - quiescing.Limit : TimeSpan.MinValue)
        .DefaultIfEmpty(TimeSpan.MinValue)
        .Max() > Overdue;

    /// <summary>A wait that does not go beyond a moment.</summary>
    /// <param name="ticks">The moment, in <see cref="Stopwatch"/> ticks.</param>
    /// <param name="limit">How long it is at the most.</param>
    internal static TimeSpan Until(long ticks, TimeSpan limit) => Until(ticks) is var left && left < limit ? left : limit;

    /// <summary>A wait that does not go beyond the end.</summary>
    internal TimeSpan Cap(TimeSpan limit) => limit < Left ? limit : Left;

    /// <summary>A wait of what may have to be undone.</summary>
    internal TimeSpan CapTrying(TimeSpan limit) => Until(TryUntil) is var left && limit < left ? limit : left;

    /// <summary>When one of several has had its share of what is left, in <see cref="Stopwatch"/> ticks: a mute one must not use up the others' time.</summary>
    /// <param name="many">How many are still to come, itself among them.</param>
    internal long Share(int many)
    {
        var share = Left / Math.Max(1, many);
        return Stopwatch.GetTimestamp() + Ticks(share > LeastShare ? share : LeastShare);
    }

    // A guest that stands still for as long as it is copied does so with libvirt away; of one that is paused anyway nobody notices how long.
    private static TimeSpan PauseOf(Prepared twin) => twin.Begun is { Assessment.StandsStill: true, Live.State.IsRunning: false } begun
        ? begun.Request.CopyLimit
        : twin.Begun.Request.MaxPause;

    // A clock that was set back is no reason to wait for longer.
    private static TimeSpan Elapsed(DateTimeOffset since, DateTimeOffset now) => now > since ? now - since : TimeSpan.Zero;

    private static TimeSpan Until(long ticks) =>
        ticks - Stopwatch.GetTimestamp() is var left and > 0 ? TimeSpan.FromSeconds((double)left / Stopwatch.Frequency) : TimeSpan.Zero;

    private static long Ticks(TimeSpan span) => (long)(span.TotalSeconds * Stopwatch.Frequency);
}
