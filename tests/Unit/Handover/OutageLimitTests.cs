using System.Diagnostics;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover;

/// <summary>How long libvirt may be away, and who is late.</summary>
public sealed class OutageLimitTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;

    [Fact]
    public void What_may_have_to_be_undone_ends_before_the_end()
    {
        var limit = OutageLimit.Of(Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(60));
        Assert.InRange(limit.Left, TimeSpan.FromSeconds(50), TimeSpan.FromSeconds(60));
        Assert.InRange(limit.CapTrying(TimeSpan.FromHours(1)), TimeSpan.FromSeconds(45), TimeSpan.FromSeconds(55));
        Assert.Equal(TimeSpan.FromSeconds(1), limit.Cap(TimeSpan.FromSeconds(1)));
        // Of a short one a third is left for the undo.
        limit = OutageLimit.Of(Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(9));
        Assert.InRange(limit.CapTrying(TimeSpan.FromHours(1)), TimeSpan.FromSeconds(4), TimeSpan.FromSeconds(6));
    }

    [Fact]
    public void Past_its_end_nothing_is_left()
    {
        var limit = OutageLimit.Of(Stopwatch.GetTimestamp() - (60 * Stopwatch.Frequency), TimeSpan.FromSeconds(15));
        Assert.True(limit is { IsUp: true, IsTryingOver: true });
        Assert.Equal(TimeSpan.Zero, limit.Cap(TimeSpan.FromSeconds(1)));
        // Each of several gets a moment all the same: what is well answers in it.
        Assert.InRange(OutageLimit.Until(limit.Share(16), TimeSpan.FromHours(1)), TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(2));
    }

    [Fact]
    public void Several_share_what_is_left()
    {
        var limit = OutageLimit.Of(Stopwatch.GetTimestamp(), TimeSpan.FromSeconds(60));
        Assert.InRange(OutageLimit.Until(limit.Share(4), TimeSpan.FromHours(1)), TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15));
    }

    [Fact]
    public void A_recovery_gets_what_the_journal_says_is_left_and_never_less_than_a_QEMU_needs_that_is_well()
    {
        var away = Away(TimeSpan.FromSeconds(20));
        Assert.InRange(OutageLimit.Of([away], At.AddSeconds(5)).Left, TimeSpan.FromSeconds(10), TimeSpan.FromSeconds(15));
        Assert.InRange(OutageLimit.Of([away], At.AddHours(1)).Left, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(3));
        // A clock that was set back.
        Assert.InRange(OutageLimit.Of([away], At.AddHours(-1)).Left, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(20));
        // libvirt was not stopped, or an administrator has it tried once more.
        Assert.InRange(OutageLimit.Of([away with { Quiescing = null }], At.AddHours(1)).Left, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));
        Assert.InRange(OutageLimit.Of([away with { IsReopened = true }], At.AddHours(1)).Left, TimeSpan.FromSeconds(6), TimeSpan.FromSeconds(7));
    }

    [Fact]
    public void A_keeper_is_overdue_when_one_of_its_VMs_is_and_not_when_none_keeps_libvirt_away()
    {
        var away = Away(TimeSpan.FromSeconds(20));
        Assert.False(OutageLimit.IsOverdue([away], At.AddSeconds(21)));
        // It has the least that every recovery has, and some time to strand who still does not answer.
        Assert.False(OutageLimit.IsOverdue([away], At.AddSeconds(27)));
        Assert.True(OutageLimit.IsOverdue([away], At.AddSeconds(29)));
        Assert.True(OutageLimit.IsOverdue([away, away with { Report = Ended }], At.AddHours(1)));
        Assert.False(OutageLimit.IsOverdue([away with { Report = Ended }], At.AddHours(1)));
        Assert.False(OutageLimit.IsOverdue([away with { Quiescing = null }], At.AddHours(1)));
        Assert.False(OutageLimit.IsOverdue([], At));
    }

    [Fact]
    public void Journals_and_requests_of_releases_that_knew_no_limit_have_the_usual_one()
    {
        using var directory = new TemporaryDirectory();
        var path = HandoverJournal.FileName(directory.Path, 1);
        using (var journal = HandoverJournal.TryOpen(directory.Path, 1)!)
        {
            journal.Write(Away(TimeSpan.Zero).Opened with { Request = new HandoverRequest(1, Guid.Empty, false, TimeSpan.Zero) { MaxOutage = TimeSpan.Zero } });
            journal.Write(new JournalEntry.Quiescing(new DaemonRecipe([], "/d", ["d"], [])) { At = At, Limit = TimeSpan.Zero });
        }

        var trace = HandoverTrace.Of(HandoverJournal.Read(path))!;
        Assert.Equal((OutageLimit.Default, OutageLimit.Default), (trace.Opened.Request.MaxOutage, trace.Quiescing!.Limit));
    }

    private static HandoverReport Ended => new() { Id = 1, Domain = Guid.Empty, Name = "a", Outcome = HandoverOutcome.Done, Sentence = "Done.", StartedAt = At };

    private static HandoverTrace Away(TimeSpan limit) => new(
        new JournalEntry.Opened(new HandoverRequest(1, Guid.Empty, false, TimeSpan.Zero) { MaxOutage = TimeSpan.FromSeconds(7) }, "a", "b", new ProcessIdentity(1, 1), "/m", "/s") { At = At },
        null, null, new JournalEntry.Quiescing(new DaemonRecipe([], "/d", ["d"], [])) { At = At, Limit = limit }, null, null, false, false, null);
}
