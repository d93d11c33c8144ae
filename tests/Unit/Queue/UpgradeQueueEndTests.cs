using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>What the end of a handover makes of the queue, and what it is allowed to cost.</summary>
public sealed class UpgradeQueueEndTests : IDisposable
{
    private static readonly Assessment s_still = new(RamMethod.Copy, "Memory is private.", [])
    {
        StandsStill = true,
        EstimatedPause = TimeSpan.FromSeconds(8),
    };

    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void One_that_has_ended_leaves_the_queue_and_stops_nobody()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask, together: 3);
        world.Scan(assess: true);
        foreach (var n in Enumerable.Range(0, 3))
            world.Queue.Approve(Sample.Id(n), "root");
        var taken = world.Queue.TakeTogether();
        world.Queue.End(Sample.Report(taken[1].Id, 1, HandoverOutcome.Gone), after: null);
        world.Queue.End(Sample.Report(taken[0].Id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        world.Queue.End(Sample.Report(taken[2].Id, 2, HandoverOutcome.Postponed), after: null);
        var now = world.Queue.Snapshot();
        Assert.Equal([("vm-0", "done"), ("vm-2", "approved")], now.Upgrades.Select(one => (one.Name, one.State.Word)));
        Assert.NotEqual("paused", now.QueueState);
        Assert.Equal(Sample.Id(2), Assert.Single(world.Queue.TakeTogether()).Domain);

        // A restart knows the same.
        world.Restart();
        Assert.Equal(["vm-0", "vm-2"], world.Queue.Snapshot().Upgrades.Select(one => one.Name));
    }

    [Fact]
    public void What_is_put_off_again_and_again_is_tried_ever_more_seldom_and_stops_no_queue()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask, together: 3);
        world.Scan(assess: true);
        foreach (var n in Enumerable.Range(0, 3))
            world.Queue.Approve(Sample.Id(n), "root");
        foreach (var seconds in new[] { 0, 10, 20, 40, 80, 160, 320, 600, 600 })
        {
            PutOff();
            Assert.Equal(seconds > 0 ? world.Time.GetUtcNow().AddSeconds(seconds) : null, world.Queue.NextDue);
            Assert.Equal(seconds > 0, world.Queue.Snapshot().Standings[Sample.Id(0)].WaitReason.Contains("The next try is at ", StringComparison.Ordinal));
            world.Time.Advance(TimeSpan.FromSeconds(Math.Max(0, seconds - 1)));
            Assert.Equal(seconds == 0, world.Queue.HasWork);
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        PutOff();
        Assert.Empty(world.Queue.TakeTogether());
        Assert.NotEqual("paused", world.Queue.Snapshot().QueueState);
        // What somebody asks for by name does not wait, and an approval ends the waiting.
        world.Queue.Run(Sample.Id(1), rehearse: true, "root");
        var rehearsal = Assert.Single(world.Queue.TakeTogether());
        world.Queue.End(Sample.Report(rehearsal.Id, 1, HandoverOutcome.Rehearsed), after: null);
        Assert.False(world.Queue.HasWork);
        world.Queue.Approve(Sample.Id(2), "root");
        var taken = world.Queue.TakeTogether();
        Assert.Equal(3, taken.Count);
        world.Queue.End(Sample.Report(taken[0].Id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        world.Queue.End(Sample.Report(taken[1].Id, 1, HandoverOutcome.Postponed), after: null);
        world.Queue.End(Sample.Report(taken[2].Id, 2, HandoverOutcome.Postponed), after: null);
        Assert.Equal(2, world.Queue.TakeTogether().Count);

        void PutOff()
        {
            foreach (var (n, request) in world.Queue.TakeTogether().Index())
                world.Queue.End(Sample.Report(request.Id, n, HandoverOutcome.Postponed), after: null);
        }
    }

    [Fact]
    public void One_that_has_ended_and_was_started_again_is_approved_by_nobody()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        var taken = Assert.Single(world.Queue.TakeTogether());
        world.Queue.End(Sample.Report(taken.Id, 0, HandoverOutcome.Gone), Sample.Domain(0, pid: 900));
        Assert.Equal("pending", world.Queue.Snapshot().Upgrades[0].State.Word);
    }

    [Fact]
    public void An_end_that_cannot_be_recorded_is_told_as_it_was()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        var taken = Assert.Single(world.Queue.TakeTogether());
        using (world.LockDatabase())
            world.Queue.End(Sample.Report(taken.Id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        var now = world.Queue.Snapshot();
        Assert.Equal("done", now.Upgrades[0].State.Word);
        Assert.Contains("It ended Done.", now.Alarm, StringComparison.Ordinal);
        Assert.Contains("cannot be written", now.Alarm, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was done", now.Alarm, StringComparison.Ordinal);

        using (world.LockDatabase())
            Assert.Contains("Nothing was done to any VM", Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(1), "root")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_pause_budget_means_the_copy_as_well_unless_a_policy_allows_it_by_name()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Queue.Merge([Sample.Domain(0, assessment: s_still)], world.Queue.BeginScan());
        var refused = Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(0), "root"));
        Assert.Equal(QueueFault.WrongState, refused.Fault);
        Assert.Contains("vm-0 was not approved (PAUSE_BUDGET): The guest would stand still for about 8.0 s", refused.Message, StringComparison.Ordinal);
        Assert.Contains("--max-pause", refused.Message, StringComparison.Ordinal);

        world.Queue.TakePolicy(Sample.Id(0), DomainPolicy.None with { MaxPause = TimeSpan.FromSeconds(8) }, new PolicyChange { MaxPauseMicroseconds = 8_000_000 });
        world.Queue.Approve(Sample.Id(0), "root");
        Assert.Equal(TimeSpan.FromSeconds(8), Assert.Single(world.Queue.TakeTogether()).MaxPause);
    }

    [Fact]
    public void A_longer_pause_can_be_allowed_for_one_handover_and_holds_for_that_one_only()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Queue.Merge([Sample.Domain(0, assessment: s_still)], world.Queue.BeginScan());
        Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(0), "root", TimeSpan.FromSeconds(7)));
        world.Queue.Approve(Sample.Id(0), "root", TimeSpan.FromSeconds(8));
        var first = Assert.Single(world.Queue.TakeTogether());
        Assert.Equal(TimeSpan.FromSeconds(8), first.MaxPause);
        world.Queue.End(Sample.Report(first.Id, 0, HandoverOutcome.Undone), Sample.Domain(0, assessment: s_still));
        world.Queue.Run(Sample.Id(0), rehearse: false, "root", TimeSpan.FromSeconds(9));
        Assert.Equal(TimeSpan.FromSeconds(9), Assert.Single(world.Queue.TakeTogether()).MaxPause);
        var second = ((UpgradeState.Running)world.Queue.Snapshot().Upgrades[0].State).Id;
        world.Queue.End(Sample.Report(second, 0, HandoverOutcome.Undone), Sample.Domain(0, assessment: s_still));
        world.Queue.Run(Sample.Id(0), rehearse: false, "root");
        Assert.Equal(TimeSpan.FromMilliseconds(500), Assert.Single(world.Queue.TakeTogether()).MaxPause);
    }

    [Fact]
    public void A_policy_of_auto_approves_no_pause_that_is_too_long()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Queue.Merge([Sample.Domain(0, assessment: s_still)], world.Queue.BeginScan());
        world.Queue.TakePolicy(Sample.Id(0), DomainPolicy.None, new PolicyChange());
        Assert.Equal("pending", world.Queue.Snapshot().Upgrades[0].State.Word);
        world.Queue.TakePolicy(Sample.Id(0), DomainPolicy.None with { MaxPause = TimeSpan.FromSeconds(9) }, new PolicyChange { MaxPauseMicroseconds = 9_000_000 });
        Assert.Equal("approved", world.Queue.Snapshot().Upgrades[0].State.Word);
    }

    [Fact]
    public void A_copy_for_which_the_guest_stands_still_can_be_broken_off_and_no_other_pause_can()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        var id = Assert.Single(world.Queue.TakeTogether()).Id;
        var cancelled = new List<long>();
        world.Queue.CancelRequested += cancelled.Add;
        world.Queue.Observe(id, Sample.Id(0), new HandoverProgress.Entered(HandoverPhase.Perform, world.Time.GetUtcNow()));
        Assert.Throws<QueueException>(() => world.Queue.Cancel(Sample.Id(0), "ana"));
        world.Queue.Observe(id, Sample.Id(0), new HandoverProgress.Copying(1, 3));
        Assert.Equal(0.25, ((UpgradeState.Running)world.Queue.Snapshot().Upgrades[0].State).Progress);
        world.Queue.Cancel(Sample.Id(0), "ana");
        Assert.Equal([id], cancelled);
        world.Queue.Observe(id, Sample.Id(0), new HandoverProgress.Entered(HandoverPhase.Finish, world.Time.GetUtcNow()));
        Assert.Throws<QueueException>(() => world.Queue.Cancel(Sample.Id(0), "ana"));
    }
}
