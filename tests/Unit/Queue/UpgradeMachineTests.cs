using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Queue;
using static VirtHandover.Queue.UpgradeState;

namespace VirtHandover.Tests.Unit.Queue;

public class UpgradeMachineTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    private static readonly Gen<UpgradeEvent> s_event = Gen.OneOf<UpgradeEvent>(
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, Gen.Int[0, 2]).Select(t => (UpgradeEvent)new UpgradeEvent.Seen(
            t.Item1, t.Item2, t.Item3, t.Item4 switch { 0 => null, 1 => Sample.Good, _ => Sample.Bad })),
        Gen.Const((UpgradeEvent)new UpgradeEvent.Approve("root")),
        Gen.Int[-5, 50].Select(minutes => (UpgradeEvent)new UpgradeEvent.Defer(s_now.AddMinutes(minutes), "root")),
        Gen.Const((UpgradeEvent)new UpgradeEvent.Cancel("root")),
        Gen.Const((UpgradeEvent)new UpgradeEvent.Retry()),
        Gen.Const((UpgradeEvent)new UpgradeEvent.Tick()),
        Gen.Int[1, 2].Select(id => (UpgradeEvent)new UpgradeEvent.Start(id)),
        Gen.Select(Gen.Int[1, 2], Gen.Bool).Select(t => (UpgradeEvent)new UpgradeEvent.StartAsked(t.Item1, t.Item2, "root")),
        Gen.Select(Gen.Int[1, 2], Gen.Enum<HandoverPhase>()).Select(t => (UpgradeEvent)new UpgradeEvent.Entered(t.Item1, t.Item2, DateTimeOffset.UnixEpoch)),
        Gen.Select(Gen.Int[1, 2], Gen.Double).Select(t => (UpgradeEvent)new UpgradeEvent.Copying(t.Item1, t.Item2)),
        Gen.Select(Gen.Int[1, 2], Gen.Enum<HandoverOutcome>()).Select(t => (UpgradeEvent)new UpgradeEvent.Ended(Sample.Report(t.Item1, 1, t.Item2))));

    [Fact]
    public void Whatever_happens_nothing_runs_that_nobody_wanted() =>
        Gen.Select(s_event, Gen.Int[0, 10]).List[0, 40].Sample(
            events =>
            {
                UpgradeState state = new Current();
                var now = s_now;
                var approved = false;
                foreach (var (happened, minutes) in events)
                {
                    now = now.AddMinutes(minutes);
                    var before = state;
                    switch (UpgradeMachine.Next(state, happened, now))
                    {
                        case Transition.To to:
                            state = to.State;
                            break;
                        case Transition.Refused refused:
                            Assert.NotEmpty(refused.Why);
                            Assert.EndsWith(".", refused.Why, StringComparison.Ordinal);
                            break;
                    }

                    approved = happened is UpgradeEvent.Approve && state is Approved || approved && state is Approved or Running;
                    if (state is Running && before is not Running)
                    {
                        Assert.True(approved || happened is UpgradeEvent.StartAsked);
                    }

                    if (before is Running && state is not Running)
                    {
                        Assert.IsType<UpgradeEvent.Ended>(happened);
                    }

                    if (before is Deferred deferred && state is Pending && happened is UpgradeEvent.Tick)
                    {
                        Assert.True(deferred.Until <= now);
                    }

                    if (before is Failed or Blocked && state is Approved or Running)
                    {
                        Assert.IsType<UpgradeEvent.StartAsked>(happened);
                    }
                }
            },
            iter: 20_000);

    [Fact]
    public void A_rehearsal_leads_back_to_where_it_came_from()
    {
        UpgradeState[] states =
            [new Current(), new Pending(), new Approved("root", s_now), new Deferred(s_now, "root"), new Blocked(Sample.Bad.Findings)];
        Assert.All(states, before =>
        {
            var running = To(UpgradeMachine.Next(before, new UpgradeEvent.StartAsked(1, Rehearse: true, "root"), s_now));
            Assert.Equal(before, To(UpgradeMachine.Next(running, new UpgradeEvent.Ended(Sample.Report(1, 1, HandoverOutcome.Rehearsed)), s_now)));
        });
    }

    [Fact]
    public void An_approval_dies_with_its_process()
    {
        var state = To(UpgradeMachine.Next(
            new Approved("root", s_now), new UpgradeEvent.Seen(IsOutdated: true, SameInstance: false, SameTarget: true, Sample.Good), s_now));
        Assert.Equal(new Pending(), state);
    }

    [Fact]
    public void A_failed_one_waits_for_another_build_or_a_retry()
    {
        UpgradeState failed = new Failed(Sample.Report(1, 1, HandoverOutcome.Undone), "It failed.");
        Assert.Same(failed, To(UpgradeMachine.Next(failed, new UpgradeEvent.Seen(true, true, true, Sample.Good), s_now)));
        Assert.Equal(new Pending(), To(UpgradeMachine.Next(failed, new UpgradeEvent.Seen(true, true, false, Sample.Good), s_now)));
        Assert.Equal(new Pending(), To(UpgradeMachine.Next(failed, new UpgradeEvent.Retry(), s_now)));
        Assert.Equal(new Current(), To(UpgradeMachine.Next(failed, new UpgradeEvent.Seen(false, false, true, null), s_now)));
    }

    [Fact]
    public void Success_without_the_installed_build_is_a_failure()
    {
        UpgradeState done = new Done(Sample.Report(1, 1, HandoverOutcome.Done), Verified: false);
        Assert.IsType<Failed>(To(UpgradeMachine.Next(done, new UpgradeEvent.Seen(true, false, true, null), s_now)));
        Assert.Equal(
            new Done(Sample.Report(1, 1, HandoverOutcome.Done), Verified: true) with { Report = ((Done)done).Report },
            To(UpgradeMachine.Next(done, new UpgradeEvent.Seen(false, false, true, null), s_now)));
    }

    [Fact]
    public void A_guest_that_may_be_paused_cannot_be_cancelled()
    {
        var approved = new Approved("root", s_now);
        var running = new Running(1, HandoverPhase.Perform, s_now, Rehearse: false, "root", approved);
        Assert.IsType<Transition.Refused>(UpgradeMachine.Next(running, new UpgradeEvent.Cancel("root"), s_now));
        var early = To(UpgradeMachine.Next(running with { Phase = HandoverPhase.Prepare }, new UpgradeEvent.Cancel("root"), s_now));
        Assert.Equal("root", Assert.IsType<Running>(early).CancelledBy);
        Assert.Equal(
            new Pending("root"),
            To(UpgradeMachine.Next(early, new UpgradeEvent.Ended(Sample.Report(1, 1, HandoverOutcome.Cancelled)), s_now)));
    }

    private static UpgradeState To(Transition transition) => Assert.IsType<Transition.To>(transition).State;
}
