using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class UpgradeQueueTests : IDisposable
{
    private const int Domains = 3;
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    /// <summary>One step of a random life: what is done, to which domain, with which variant.</summary>
    private static readonly Gen<List<(int Action, int Domain, int Variant)>> s_lives =
        Gen.Select(Gen.Int[0, 11], Gen.Int[0, Domains - 1], Gen.Int[0, 7]).List[0, 40];

    [Fact]
    public void Whatever_happens_at_most_one_outage_runs_nothing_unwanted_starts_and_a_restart_changes_nothing() =>
        Gen.Select(s_lives, Gen.Bool, Gen.Int[1, 3]).Sample(
            (life, auto, together) =>
            {
                using var world = new World(_directory.Path, auto ? PolicyMode.Auto : PolicyMode.Ask, together);
                foreach (var (action, domain, variant) in life)
                {
                    world.Step(action, domain, variant);
                    world.Check();
                }
            },
            iter: 150);

    [Fact]
    public void What_can_share_an_outage_is_taken_together_in_order_and_up_to_the_limit()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask, together: 2);
        world.Scan(assess: true);
        foreach (var n in (int[])[2, 0, 1])
        {
            world.Queue.Approve(Sample.Id(n), "root");
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        var first = world.Queue.TakeTogether();
        Assert.Equal([Sample.Id(2), Sample.Id(0)], first.Select(request => request.Domain));
        Assert.Empty(world.Queue.TakeTogether());
        world.Queue.End(Sample.Report(first[0].Id, 2, HandoverOutcome.Done), Sample.Domain(2, running: 2, pid: 500));
        Assert.Empty(world.Queue.TakeTogether());
        world.Queue.End(Sample.Report(first[1].Id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        Assert.Equal(Sample.Id(1), Assert.Single(world.Queue.TakeTogether()).Domain);
    }

    [Fact]
    public void A_copy_another_target_and_a_rehearsal_have_an_outage_of_their_own_and_are_not_overtaken()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask, together: 8);
        var copied = new Assessment(RamMethod.Copy, "Memory is private.", []);
        world.Queue.Merge(
            [Sample.Domain(0, assessment: Sample.Good), Sample.Domain(1, assessment: copied), Sample.Domain(2, assessment: Sample.Good), Sample.Domain(3, running: 0, assessment: Sample.Good)],
            world.Queue.BeginScan());
        foreach (var n in Enumerable.Range(0, 4))
        {
            world.Queue.TakePolicy(Sample.Id(n), DomainPolicy.None, new PolicyChange());
            world.Queue.Approve(Sample.Id(n), "root");
            world.Time.Advance(TimeSpan.FromSeconds(1));
        }

        foreach (var n in Enumerable.Range(0, 4))
        {
            var request = Assert.Single(world.Queue.TakeTogether());
            Assert.Equal(Sample.Id(n), request.Domain);
            world.Queue.End(Sample.Report(request.Id, n, HandoverOutcome.Done), null);
        }

        world.Queue.Run(Sample.Id(0), rehearse: true, "root");
        world.Queue.Run(Sample.Id(2), rehearse: true, "root");
        Assert.Single(world.Queue.TakeTogether());
    }

    [Fact]
    public void What_was_put_off_keeps_its_approval_unless_somebody_took_it_back()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask, together: 3);
        world.Scan(assess: true);
        foreach (var n in Enumerable.Range(0, 3))
            world.Queue.Approve(Sample.Id(n), "root");
        var taken = world.Queue.TakeTogether();
        world.Queue.Cancel(Sample.Id(2), "ana");
        world.Queue.End(Sample.Report(taken[0].Id, 0, HandoverOutcome.Undone), after: null);
        world.Queue.End(Sample.Report(taken[1].Id, 1, HandoverOutcome.Postponed), after: null);
        world.Queue.End(Sample.Report(taken[2].Id, 2, HandoverOutcome.Postponed), after: null);
        Assert.Equal(["failed", "approved", "pending"], world.Queue.Snapshot().Upgrades.Select(one => one.State.Word));
        // The one that failed has paused the queue; those that were put off have not counted.
        Assert.Equal("paused", world.Queue.Snapshot().QueueState);
        Assert.Empty(world.Queue.TakeTogether());
    }

    [Fact]
    public void Nothing_starts_before_the_first_scan_after_a_restart()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        world.Restart();
        Assert.Equal("approved", world.Queue.Snapshot().Upgrades[0].State.Word);
        Assert.False(world.Queue.HasWork);
        Assert.Null(world.Queue.TakeNext());
        world.Scan(assess: true);
        Assert.Equal(Sample.Id(0), world.Queue.TakeNext()?.Domain);
    }

    [Fact]
    public void An_approval_is_about_one_process_only()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        world.Restart();
        world.Queue.Merge([Sample.Domain(0, assessment: Sample.Good, pid: 9000)], world.Queue.BeginScan());
        Assert.Equal("pending", Assert.Single(world.Queue.Snapshot().Upgrades).State.Word);
        Assert.Null(world.Queue.TakeNext());
    }

    [Fact]
    public void Approvals_of_mode_auto_end_with_mode_auto()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        Assert.All(world.Queue.Snapshot().Upgrades, upgrade => Assert.Equal("approved", upgrade.State.Word));
        world.Restart(PolicyMode.Ask);
        Assert.All(world.Queue.Snapshot().Upgrades, upgrade => Assert.Equal("pending", upgrade.State.Word));
    }

    [Fact]
    public void What_was_cancelled_is_not_approved_again_by_mode_auto()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        world.Queue.Cancel(Sample.Id(0), "root");
        world.Scan(assess: true);
        Assert.Equal(["pending", "approved", "approved"], world.Queue.Snapshot().Upgrades.Select(upgrade => upgrade.State.Word));
        world.Queue.Retry(Sample.Id(0));
        world.Scan(assess: true);
        Assert.Equal("approved", world.Queue.Snapshot().Upgrades[0].State.Word);
    }

    [Fact]
    public void A_deferred_one_is_pending_again_when_its_time_has_come()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        var until = world.Time.GetUtcNow().AddHours(2);
        world.Queue.Defer(Sample.Id(1), until, "root");
        Assert.Equal(until, world.Queue.NextDue);
        world.Time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        world.Queue.Tick();
        Assert.Equal("deferred", world.Queue.Snapshot().Upgrades[1].State.Word);
        world.Time.Advance(TimeSpan.FromSeconds(1));
        world.Queue.Tick();
        Assert.Equal("pending", world.Queue.Snapshot().Upgrades[1].State.Word);
        Assert.Null(world.Queue.NextDue);
    }

    [Fact]
    public void A_scan_that_began_before_a_handover_ended_does_not_undo_what_is_known()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        var request = world.Queue.TakeNext()!;
        var ticket = world.Queue.BeginScan();
        world.Queue.End(Sample.Report(request.Id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        Assert.Equal("done", world.Queue.Snapshot().Upgrades[0].State.Word);
        world.Queue.Merge([Sample.Domain(0, assessment: Sample.Good)], ticket);
        Assert.Equal("done", world.Queue.Snapshot().Upgrades.Single(one => one.Name == "vm-0").State.Word);
    }

    [Fact]
    public void Success_that_detection_does_not_confirm_is_shown_as_failed()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        var request = world.Queue.TakeNext()!;
        world.Queue.End(Sample.Report(request.Id, 0, HandoverOutcome.Done), Sample.Domain(0, pid: 500));
        var upgrade = world.Queue.Snapshot().Upgrades[0];
        Assert.Equal("failed", upgrade.State.Word);
        Assert.Equal(HandoverOutcome.Done, upgrade.LastReport?.Outcome);
        world.Scan(assess: true, pid: 500);
        Assert.Equal("failed", world.Queue.Snapshot().Upgrades[0].State.Word);
    }

    [Fact]
    public void A_stranded_domain_stays_in_sight_until_somebody_looks_at_it()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        var request = world.Queue.TakeNext()!;
        world.Queue.End(Sample.Report(request.Id, 0, HandoverOutcome.Stranded), after: null);
        world.Queue.Merge([Sample.Domain(1)], world.Queue.BeginScan());
        Assert.Contains("Stranded", world.Queue.Snapshot().Alarm, StringComparison.Ordinal);
        Assert.Equal("failed", world.Queue.Snapshot().Upgrades[0].State.Word);
        world.Queue.Retry(Sample.Id(0));
        world.Queue.Merge([Sample.Domain(1)], world.Queue.BeginScan());
        Assert.Equal("vm-1", Assert.Single(world.Queue.Snapshot().Upgrades).Name);
        Assert.Empty(world.Queue.Snapshot().Alarm);
    }

    [Fact]
    public void A_missing_emulator_is_an_alarm_and_queues_nothing()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Queue.Merge([Sample.Domain(0, installed: null)], world.Queue.BeginScan());
        var snapshot = world.Queue.Snapshot();
        Assert.Contains("/usr/libexec/qemu-kvm is missing", snapshot.Alarm, StringComparison.Ordinal);
        Assert.Equal("current", Assert.Single(snapshot.Upgrades).State.Word);
        Assert.Null(world.Queue.TakeNext());
        world.Scan(assess: true);
        Assert.Empty(world.Queue.Snapshot().Alarm);
    }

    [Fact]
    public void Refusals_are_sentences_of_a_known_kind()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        Assert.Equal(QueueFault.UnknownDomain, Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(77), "root")).Fault);
        var retry = Assert.Throws<QueueException>(() => world.Queue.Cancel(Sample.Id(0), "root"));
        Assert.Equal(QueueFault.WrongState, retry.Fault);
        Assert.Equal("vm-0 was not cancelled: it is pending; only an approved, deferred or running handover can be cancelled.", retry.Message);
        var past = Assert.Throws<QueueException>(() => world.Queue.Defer(Sample.Id(0), DateTimeOffset.UnixEpoch, "root"));
        Assert.Equal("vm-0 was not deferred: the time to defer it to has already passed.", past.Message);
    }

    [Fact]
    public void When_the_database_cannot_be_written_nothing_is_approved_and_nothing_starts()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        using (world.LockDatabase())
        {
            Assert.Equal(QueueFault.NotRecorded, Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(1), "root")).Fault);
            Assert.Throws<StoreException>(() => world.Queue.TakeNext());
            Assert.Equal(["approved", "pending", "pending"], world.Queue.Snapshot().Upgrades.Select(upgrade => upgrade.State.Word));
            Assert.Contains("cannot be written", world.Queue.Snapshot().Alarm, StringComparison.Ordinal);
        }

        Assert.Equal(Sample.Id(0), world.Queue.TakeNext()?.Domain);
        Assert.Empty(world.Queue.Snapshot().Alarm);
    }

    [Fact]
    public void Handovers_that_were_asked_for_come_first_and_can_be_taken_back()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        var first = world.Queue.Run(Sample.Id(2), rehearse: true, "root");
        var second = world.Queue.Run(Sample.Id(1), rehearse: false, "root");
        Assert.Equal(QueueFault.WrongState, Assert.Throws<QueueException>(() => world.Queue.Run(Sample.Id(1), false, "root")).Fault);
        Assert.Equal((first, true), world.Queue.TakeNext() is { } one ? (one.Id, one.Rehearse) : default);
        world.Queue.Cancel(Sample.Id(1), "root");
        world.Queue.End(Sample.Report(first, 2, HandoverOutcome.Rehearsed), Sample.Domain(2));
        Assert.Equal("pending", world.Queue.Snapshot().Upgrades[2].State.Word);
        Assert.Equal(Sample.Id(0), world.Queue.TakeNext()?.Domain);
        Assert.Equal(
            [(second, HandoverOutcome.Cancelled), (first, HandoverOutcome.Rehearsed)],
            world.Queue.History(new HistoryQuery(null, 10)).Select(report => (report.Id, report.Outcome)));
    }

    [Fact]
    public async Task Many_callers_at_once_never_start_two()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        var started = 0;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(n => Task.Run(() =>
        {
            for (var round = 0; round < 10; round++)
            {
                try
                {
                    world.Queue.Approve(Sample.Id((n + round) % Domains), "root");
                }
                catch (QueueException)
                {
                }

                if (world.Queue.TakeNext() is { } request)
                {
                    Assert.Equal(1, Interlocked.Increment(ref started));
                    Assert.Single(world.Queue.Snapshot().Upgrades, upgrade => upgrade.State is UpgradeState.Running);
                    Interlocked.Decrement(ref started);
                    var n2 = Enumerable.Range(0, Domains).Single(i => Sample.Id(i) == request.Domain);
                    world.Queue.End(Sample.Report(request.Id, n2, HandoverOutcome.Rehearsed), null);
                }
            }
        })));
        Assert.NotEmpty(world.Queue.History(new HistoryQuery(null, 100)));
    }

    [Fact]
    public void A_paused_queue_starts_nothing_approved_over_restarts_until_it_is_resumed()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        world.Queue.Pause("disk\e[2Jwork", "ana (uid 1000)");
        Assert.False(world.Queue.HasWork);

        world.Restart();
        world.Scan(assess: false);
        var queue = world.Queue.Snapshot();
        Assert.Null(world.Queue.TakeNext());
        Assert.Equal("paused", queue.QueueState);
        Assert.Contains("ana (uid 1000): disk\\u001B[2Jwork.", queue.QueueReason, StringComparison.Ordinal);
        Assert.Equal(queue.QueueReason, queue.Standings[Sample.Id(0)].WaitReason);

        world.Queue.Resume();
        Assert.Equal(("running", ""), (world.Queue.Snapshot().QueueState, world.Queue.Snapshot().QueueReason));
        Assert.Equal(QueueFault.WrongState, Assert.Throws<QueueException>(world.Queue.Resume).Fault);
        Assert.Equal(Sample.Id(0), world.Queue.TakeNext()!.Domain);
    }

    [Fact]
    public void What_is_asked_for_by_name_runs_in_a_paused_queue()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Pause("", "root");
        var id = world.Queue.Run(Sample.Id(1), rehearse: false, "root");
        Assert.Equal(id, world.Queue.TakeNext()!.Id);
    }

    [Fact]
    public void A_failed_handover_pauses_the_queue_and_the_others_wait()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        var sentences = new List<string>();
        world.Queue.Happened += news =>
        {
            if (news is QueueNews.Paused paused)
                sentences.Add(paused.Sentence);
        };
        var request = world.Queue.TakeNext()!;
        world.Queue.End(Sample.Report(request.Id, 0, HandoverOutcome.Undone), null);

        world.Restart();
        world.Scan(assess: true);
        var queue = world.Queue.Snapshot();
        Assert.Equal(queue.QueueReason, Assert.Single(sentences));
        Assert.Contains("vm-0 failed: It ended Undone.", queue.QueueReason, StringComparison.Ordinal);
        Assert.Contains(queue.Upgrades, upgrade => upgrade.State is UpgradeState.Approved);
        Assert.Null(world.Queue.TakeNext());
    }

    [Fact]
    public void A_failed_rehearsal_does_not_pause_the_queue()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        var id = world.Queue.Run(Sample.Id(1), rehearse: true, "root");
        world.Queue.TakeNext();
        world.Queue.End(Sample.Report(id, 1, HandoverOutcome.Undone), null);
        Assert.Equal("running", world.Queue.Snapshot().QueueState);
    }

    [Fact]
    public void The_history_says_who_approved_it_and_when()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        var approved = world.Time.GetUtcNow();
        world.Queue.Approve(Sample.Id(0), "ana (uid 1000)");
        world.Time.Advance(TimeSpan.FromHours(1));
        var request = world.Queue.TakeNext()!;
        world.Queue.End(Sample.Report(request.Id, 0, HandoverOutcome.Done), null);

        var report = Assert.Single(world.Queue.History(new HistoryQuery(null, 10)));
        Assert.Equal(("ana (uid 1000)", approved), (report.By, report.ApprovedAt));
        var started = world.Time.GetUtcNow();
        Assert.Empty(world.Queue.History(new HistoryQuery(null, 10) { Until = started }));
        Assert.Single(world.Queue.History(new HistoryQuery(null, 10) { Since = started, Until = started.AddSeconds(1) }));
        Assert.Empty(world.Queue.History(new HistoryQuery(null, 10) { Since = started.AddSeconds(1) }));
    }

    [Fact]
    public void A_deferral_has_a_reason_and_can_be_ended_before_its_time()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Defer(Sample.Id(0), world.Time.GetUtcNow().AddHours(1), "root", "month-end");
        Assert.Equal("month-end", Assert.IsType<UpgradeState.Deferred>(world.Queue.Snapshot().Upgrades[0].State).Reason);
        world.Queue.Undefer(Sample.Id(0));
        Assert.IsType<UpgradeState.Pending>(world.Queue.Snapshot().Upgrades[0].State);
        Assert.Equal(QueueFault.WrongState, Assert.Throws<QueueException>(() => world.Queue.Undefer(Sample.Id(0))).Fault);
    }

    [Fact]
    public void A_running_handover_tells_how_long_each_phase_took()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        var request = world.Queue.TakeNext()!;
        var start = world.Time.GetUtcNow();
        world.Queue.Observe(request.Id, request.Domain, new HandoverProgress.Entered(HandoverPhase.Begin, start.AddMilliseconds(1)));
        world.Queue.Observe(request.Id, request.Domain, new HandoverProgress.Entered(HandoverPhase.Prepare, start.AddMilliseconds(13)));
        world.Queue.Observe(request.Id, request.Domain, new HandoverProgress.Entered(HandoverPhase.Quiesce, start.AddMilliseconds(100)));

        var running = Assert.IsType<UpgradeState.Running>(world.Queue.Snapshot().Upgrades[0].State);
        Assert.Equal([new(HandoverPhase.Begin, 12_000), new(HandoverPhase.Prepare, 87_000)], running.PhaseTimes);
        Assert.Equal((HandoverPhase.Quiesce, start.AddMilliseconds(100)), (running.Phase, running.PhaseSince));
    }

    [Fact]
    public void Policies_decide_who_starts_when_and_in_which_order()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Time.SetLocalTimeZone(TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        world.Time.SetUtcNow(new DateTimeOffset(2026, 6, 6, 12, 0, 0, TimeSpan.Zero));
        world.Policies[0] = DomainPolicy.None.With(new PolicyChange { Window = "Sat 23:00-01:00" });
        world.Policies[1] = DomainPolicy.None.With(new PolicyChange { Priority = -1, MaxPauseMicroseconds = 30_000 });
        world.Policies[2] = DomainPolicy.None.With(new PolicyChange { Mode = "never" });
        world.Scan(assess: true);

        var standings = world.Queue.Snapshot().Standings;
        var opens = new DateTimeOffset(2026, 6, 6, 21, 0, 0, TimeSpan.Zero);
        Assert.Equal(["approved", "approved", "pending"], world.Queue.Snapshot().Upgrades.Select(upgrade => upgrade.State.Word));
        Assert.Equal("Its maintenance window (Sat 23:00-01:00) opens at 2026-06-06 23:00 +02:00.", standings[Sample.Id(0)].WaitReason);
        Assert.Equal((opens, opens), (standings[Sample.Id(0)].NextWindow, world.Queue.NextDue));

        var first = world.Queue.TakeNext()!;
        Assert.Equal((Sample.Id(1), TimeSpan.FromMilliseconds(30)), (first.Domain, first.MaxPause));
        world.Queue.End(Sample.Report(first.Id, 1, HandoverOutcome.Refused), null);
        Assert.Null(world.Queue.TakeNext());

        var changes = 0;
        world.Queue.Tick();
        world.Queue.Changed += () => changes++;
        world.Time.SetUtcNow(opens);
        world.Queue.Tick();
        Assert.Equal(1, changes);
        Assert.Equal(Sample.Id(0), world.Queue.TakeNext()!.Domain);
    }

    [Fact]
    public void A_higher_priority_goes_before_an_older_approval()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        var change = new PolicyChange { Priority = 1 };
        world.Policies[2] = DomainPolicy.None.With(change);
        world.Scan(assess: true);
        world.Queue.TakePolicy(Sample.Id(2), world.Policies[2]!, change);
        world.Queue.Approve(Sample.Id(0), "root");
        world.Time.Advance(TimeSpan.FromMinutes(1));
        world.Queue.Approve(Sample.Id(2), "root");
        Assert.Equal(Sample.Id(2), world.Queue.TakeNext()!.Domain);
    }

    [Fact]
    public void A_policy_of_never_goes_before_approvals_and_calls_by_name_but_not_before_rehearsals()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        world.Queue.TakePolicy(Sample.Id(0), DomainPolicy.None with { Mode = PolicyMode.Never }, new PolicyChange { Mode = "never" });

        Assert.Null(world.Queue.TakeNext());
        Assert.StartsWith("Its policy is \"never\"", world.Queue.Snapshot().Standings[Sample.Id(0)].WaitReason, StringComparison.Ordinal);
        Assert.Equal(QueueFault.WrongState, Assert.Throws<QueueException>(() => world.Queue.Approve(Sample.Id(0), "root")).Fault);
        Assert.Equal(QueueFault.WrongState, Assert.Throws<QueueException>(() => world.Queue.Run(Sample.Id(0), rehearse: false, "root")).Fault);
        Assert.Equal(world.Queue.Run(Sample.Id(0), rehearse: true, "root"), world.Queue.TakeNext()!.Id);
    }

    [Fact]
    public void An_approval_that_a_policy_gave_ends_with_the_policy()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        var change = new PolicyChange { Mode = "auto", Window = "Sun 02:00-04:00" };
        world.Policies[0] = DomainPolicy.None.With(change);
        world.Scan(assess: true);
        Assert.IsType<UpgradeState.Pending>(world.Queue.Snapshot().Upgrades[0].State);
        world.Queue.TakePolicy(Sample.Id(0), world.Policies[0]!, change);
        Assert.Equal("policy auto", Assert.IsType<UpgradeState.Approved>(world.Queue.Snapshot().Upgrades[0].State).By);
        world.Policies[0] = DomainPolicy.None;
        world.Scan(assess: false);
        Assert.IsType<UpgradeState.Pending>(world.Queue.Snapshot().Upgrades[0].State);
    }

    [Fact]
    public void A_domain_whose_policy_nobody_could_read_waits()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Policies[0] = world.Policies[1] = world.Policies[2] = null;
        world.Scan(assess: true);
        world.Queue.Approve(Sample.Id(0), "root");
        Assert.Null(world.Queue.TakeNext());
        Assert.Equal("Its policy could not be read from libvirt.", world.Queue.Snapshot().Standings[Sample.Id(0)].WaitReason);
    }

    [Fact]
    public void What_waits_by_name_says_why()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        string Reason(int domain) => world.Queue.Snapshot().Standings[Sample.Id(domain)].WaitReason;
        world.Queue.Run(Sample.Id(0), rehearse: false, "root");
        world.Queue.Run(Sample.Id(1), rehearse: true, "root");
        Assert.Equal("", Reason(0));
        world.Queue.SetHold("The fleet is held: /etc/hold exists.");
        Assert.Equal(("The fleet is held: /etc/hold exists.", ""), (Reason(0), Reason(1)));
        world.Queue.SetHold("");
        world.Queue.TakePolicy(Sample.Id(0), DomainPolicy.None with { Mode = PolicyMode.Never }, new PolicyChange { Mode = "never" });
        Assert.StartsWith("Its policy is \"never\"", Reason(0), StringComparison.Ordinal);
    }

    [Fact]
    public void A_hold_stops_everything_but_rehearsals()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        world.Scan(assess: true);
        world.Queue.SetHold("The fleet is held: /etc/hold exists.");
        Assert.Null(world.Queue.TakeNext());
        var queue = world.Queue.Snapshot();
        Assert.Equal(("held", "The fleet is held: /etc/hold exists."), (queue.QueueState, queue.QueueReason));
        Assert.Contains("/etc/hold", Assert.Throws<QueueException>(() => world.Queue.Run(Sample.Id(0), rehearse: false, "root")).Message, StringComparison.Ordinal);
        Assert.Equal(world.Queue.Run(Sample.Id(0), rehearse: true, "root"), world.Queue.TakeNext()!.Id);
        world.Queue.SetHold("");
        Assert.Equal("running", world.Queue.Snapshot().QueueState);
    }
}
