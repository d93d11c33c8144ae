using System.Collections.Concurrent;
using CsCheck;
using Microsoft.Extensions.Time.Testing;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>The rules of the queue, without a queue.</summary>
public sealed class QueueRuleTests
{
    private static readonly FakeTimeProvider s_time = new(DateTimeOffset.UnixEpoch.AddDays(20_000));

    [Fact]
    public void Whatever_happens_nothing_unwanted_starts_no_approval_is_lost_and_what_is_written_is_what_is()
    {
        var reached = new ConcurrentDictionary<string, int>();
        Gen.Select(
            Gen.Select(Gen.Int[0, RuleLife.Actions - 1], Gen.Int[0, RuleLife.Domains - 1], Gen.Int[0, 7], Gen.Int[0, 4]).List[0, 60],
            Gen.Bool, Gen.Int[1, 3]).Sample(
            (events, auto, together) =>
            {
                var life = new RuleLife(auto ? PolicyMode.Auto : PolicyMode.Ask, together, reached);
                life.Step(0, 0, 0, isWritable: true);
                foreach (var (action, domain, variant, luck) in events)
                    life.Step(action, domain, variant, isWritable: luck > 0);
            },
            iter: 400);
        Assert.All(
            (string[])["approved", "asked", "rehearsal", "group", "approval kept", "put back", "unwritten", "Done", "Undone", "Gone", "Postponed"],
            what => Assert.True(reached.ContainsKey(what), $"{what}: {string.Join(", ", reached)}"));
    }

    [Fact]
    public void A_rule_leaves_the_state_that_it_is_given_alone()
    {
        var before = Scanned(PolicyMode.Ask);
        var approved = AskRule.Approve(before, Sample.Id(0), "ana", null, At());
        Assert.IsType<UpgradeState.Pending>(before.Upgrades[Sample.Id(0)].State);
        Assert.Equal("ana", Assert.IsType<QueueNews.Approved>(Assert.Single(approved.News)).By);
        var change = StoreChange.Between(before, approved);
        Assert.Equal(Sample.Id(0), Assert.Single(change.Changed).Domain);
        Assert.True(change is { Removed.Count: 0, Control: null, Started: 0, Ended: null });
    }

    [Fact]
    public void Progress_is_told_and_not_kept()
    {
        var state = AskRule.Approve(Scanned(PolicyMode.Ask), Sample.Id(0), "ana", null, At()).State;
        var started = StartRule.Start(state, GroupRule.Next(state, null, At())!, 7, At()).State;
        var upgrade = started.Upgrades[Sample.Id(0)];
        var phase = ((Transition.To)UpgradeMachine.Next(upgrade.State, new UpgradeEvent.Entered(7, HandoverPhase.Perform, At().Now), At().Now)).State;
        var moved = started.With(upgrade with { State = phase });
        Assert.True(StoreChange.Between(started, new QueueStep(moved)).IsEmpty);
        Assert.True(moved.KeepsLibvirtDown);
        var cancelled = moved.With(upgrade with { State = (UpgradeState.Running)phase with { CancelledBy = "ana" } });
        Assert.Single(StoreChange.Between(started, new QueueStep(cancelled)).Changed);
    }

    [Fact]
    public void What_was_asked_for_by_name_of_a_VM_that_has_ended_starts_nothing_and_is_dropped()
    {
        var state = Scanned(PolicyMode.Ask) with { Asked = [new AskedHandover(9, Sample.Id(8), true, "ana", At().Now)] };
        Assert.False(StartRule.HasWork(state, At()));
        Assert.Null(GroupRule.Next(state, null, At()));
        var (asked, report) = Assert.Single(ScanRule.Gone(state));
        var dropped = EndRule.Drop(state, asked, report);
        Assert.Empty(dropped.State.Asked);
        Assert.Equal((9L, HandoverOutcome.Cancelled), (dropped.Ended!.Id, dropped.Ended.Outcome));
        Assert.Null(Assert.IsType<QueueNews.Ended>(Assert.Single(dropped.News)).Upgrade);
    }

    [Fact]
    public void All_reasons_to_wait_are_told_each_in_a_sentence()
    {
        var scanned = Scanned(PolicyMode.Ask);
        var state = AskRule.Approve(scanned, Sample.Id(0), "ana", null, At()).State;
        Assert.Equal("", new WaitReason(state, At()).Of(state.Upgrades[Sample.Id(0)]));
        Assert.Equal("", new WaitReason(state, At()).Of(state.Upgrades[Sample.Id(1)]));
        state = AskRule.Pause(state, "work", "ana", At()).State with
        {
            Hold = "It is held.",
            IsScanGood = false,
            IsTransactionRunning = true,
            Interrupted = [new HandoverRecord(1, Sample.Id(2), "vm-2", At().Now, true)],
            PutOff = new PutOff(2, At().Now.AddSeconds(10), "It was put off.", false),
        };
        var closed = DomainPolicy.None.With(new PolicyChange { Mode = "never", Window = "Sun 02:00-02:01" });
        var reason = new WaitReason(state, At()).Of(state.Upgrades[Sample.Id(0)] with { Policy = closed, Installed = null });
        Assert.Equal(
            "The queue was paused by ana: work. Let it go on: virt-handover queue resume It is held. "
                + "Its policy is \"never\"; change that first: virt-handover policy set "
                + "Its maintenance window (Sun 02:00-02:01) opens at 2024-10-06 02:00 +00:00. There is no installed QEMU to move it to. "
                + "The running VMs have not been examined yet, or could not be. The next try is at 00:00:10 +00:00; of the last one was said: It was put off. "
                + "The result of an earlier handover is still being recovered. A package transaction is under way; handovers wait for its end.",
            reason);
    }

    [Fact]
    public void A_try_is_put_off_once_however_many_handovers_it_had()
    {
        PutOff? putOff = null;
        foreach (var times in new[] { 1, 2, 3 })
        {
            for (var n = 0; n < 3; n++)
                putOff = PutOff.After(putOff, Sample.Report(n, n, HandoverOutcome.Postponed), At().Now);
            Assert.Equal((times, true), (putOff!.Times, putOff.IsOfThisTry));
            putOff = putOff with { IsOfThisTry = false };
        }

        Assert.Equal(putOff, PutOff.After(putOff, Sample.Report(1, 1, HandoverOutcome.Undone), At().Now));
        Assert.Null(PutOff.After(putOff, Sample.Report(1, 1, HandoverOutcome.Done), At().Now));
    }

    [Theory]
    [InlineData(0, HandoverOutcome.Cancelled, false, "virt-handoverd ended first")]
    [InlineData(1, HandoverOutcome.Cancelled, true, "It fell.")]
    [InlineData(2, HandoverOutcome.Postponed, false, "put off")]
    [InlineData(3, HandoverOutcome.Postponed, false, "It went.")]
    public void Not_begun_is_the_same_whoever_finds_it_out_but_a_dead_canary_stops_the_queue(int why, HandoverOutcome outcome, bool pauses, string said)
    {
        NotBegun[] all = [new NotBegun.ServiceEnded(), new NotBegun.CanaryDied("It fell."), new NotBegun.CanaryPostponed("libvirt is away."), new NotBegun.WorkerGone("It went.")];
        var state = AskRule.Approve(Scanned(PolicyMode.Ask), Sample.Id(0), "ana", TimeSpan.FromSeconds(2), At()).State;
        var approved = state.Upgrades[Sample.Id(0)].State;
        state = StartRule.Start(state, GroupRule.Next(state, null, At())!, 7, At()).State;
        var record = new HandoverRecord(7, Sample.Id(0), "vm-0", At().Now, true);
        var step = EndRule.NotBegun(state with { Interrupted = [record] }, record, all[why], At());
        Assert.Equal(approved, step.State.Upgrades[Sample.Id(0)].State);
        Assert.Empty(step.State.Interrupted);
        Assert.Equal((7L, outcome), (step.Ended!.Id, step.Ended.Outcome));
        Assert.Contains(said, step.Ended.Sentence, StringComparison.Ordinal);
        Assert.Equal(pauses, step.State.Control.Pause is not null);
        Assert.Equal(pauses, step.News is [QueueNews.Ended, QueueNews.Paused { IsByItself: true }]);
        Assert.Equal(outcome == HandoverOutcome.Postponed, step.State.PutOff is not null);
        // A number that does not run changes nothing but the history.
        var other = EndRule.NotBegun(state, record with { Id = 6 }, new NotBegun.ServiceEnded(), At());
        Assert.Equal(state.Upgrades, other.State.Upgrades);
    }

    [Theory]
    [InlineData(false, "pending")]
    [InlineData(true, "approved")]
    public void What_ends_a_guest_s_connections_is_approved_by_itself_only_where_that_is_allowed(bool isAllowed, string word)
    {
        var ends = Sample.Good with { Findings = [new Finding("NET_USER", FindingSeverity.Warning, "Its connections end.")] };
        var moment = At() with { Options = new QueueOptions { Mode = PolicyMode.Auto, EndConnections = isAllowed } };
        var state = ScanRule.Merge(new QueueState { Ticket = 1 }, [Sample.Domain(0, assessment: ends) with { Policy = DomainPolicy.None }], 1, moment).State;
        Assert.Equal(word, state.Upgrades[Sample.Id(0)].State.Word);
        // By hand in either case.
        if (!isAllowed)
            Assert.Equal("approved", AskRule.Approve(state, Sample.Id(0), "ana", null, moment).State.Upgrades[Sample.Id(0)].State.Word);
    }

    private static QueueMoment At() => new(new QueueOptions(), s_time.GetUtcNow(), new WindowTimes(s_time));

    private static QueueState Scanned(PolicyMode mode) => ScanRule.Merge(
        new QueueState { Ticket = 1 },
        [.. Enumerable.Range(0, 3).Select(n => Sample.Domain(n, assessment: Sample.Good))],
        1,
        At() with { Options = new QueueOptions { Mode = mode } }).State;
}
