using Serilog.Events;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Logging;
using VirtHandover.Policy;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Logging;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>One line for one thing.</summary>
public sealed class QueueLogTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly HeardLog _heard = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_VM_s_way_is_told_once_step_by_step()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        using var log = new QueueLog(world.Queue, _heard.Log);
        world.Scan(assess: true);
        var lines = _heard.Take();
        Assert.Equal(
            [
                ("update-noticed", "An update was noticed: QEMU qemu-kvm-2 (/usr/libexec/qemu-kvm); 3 of 3 running VMs run on what was there before."),
                ("vms-pending", "3 VMs wait for approval: vm-0, vm-1, vm-2."),
            ],
            lines.Select(Said));
        Assert.Equal([0, 1, 2], lines[1].Values(LogField.Uuid).Select(uuid => Enumerable.Range(0, 3).Single(n => Sample.Id(n).ToString() == uuid)));
        world.Scan(assess: true);
        Assert.Empty(_heard.Take());

        world.Queue.Approve(Sample.Id(0), "ana (uid 1000)");
        AssertLine("vm-approved", "ana (uid 1000) approved domain vm-0.", id: null);
        var id = world.Queue.TakeNext()!.Id;
        AssertLine("handover-started", $"Handover {id} of vm-0 starts.", id);
        world.Queue.End(Sample.Report(id, 0, HandoverOutcome.Done), Sample.Domain(0, running: 2, pid: 500));
        AssertLine("handover-done", $"Handover {id} of vm-0 ended, done, after 310.0 ms, paused for 22.0 ms: It ended Done.", id);

        // A restart notices nothing anew.
        world.Restart();
        using var again = new QueueLog(world.Queue, _heard.Log);
        world.Queue.Merge([Sample.Domain(0, running: 2, pid: 500), Sample.Domain(1, pid: 200), Sample.Domain(2, pid: 300)], world.Queue.BeginScan());
        Assert.DoesNotContain(_heard.Take(), line => line.Kind == "update-noticed");
    }

    [Fact]
    public void The_next_build_in_the_same_place_is_an_update_too_and_so_is_a_library()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        using var log = new QueueLog(world.Queue, _heard.Log);
        world.Scan(assess: true);
        Assert.Equal(["update-noticed", "vms-pending"], _heard.Take().Select(line => line.Kind));
        world.Queue.Merge([Sample.Domain(0, installed: 3, pid: 100), Sample.Domain(1, pid: 200), Sample.Domain(2, pid: 300)], world.Queue.BeginScan());
        Assert.Equal(
            "An update was noticed: QEMU qemu-kvm-3 (/usr/libexec/qemu-kvm); 1 of 3 running VMs run on what was there before.",
            Assert.Single(_heard.Take()).Text);
        var seen = Sample.Domain(0, running: 2, installed: 2);
        var paths = Enumerable.Range(10, 12).Select(number => $"/usr/lib/lib{number}.so").ToList();
        world.Queue.Merge(
            [seen with { Domain = seen.Domain with { Reasons = [new Staleness(StalenessKind.Libraries, paths)] } }, Sample.Domain(1, pid: 200)],
            world.Queue.BeginScan());
        Assert.Equal(
            $"An update was noticed: {string.Join(", ", paths.Take(10))} and 2 more; 1 of 2 running VMs run on what was there before.", _heard.Take()[0].Text);
    }

    [Fact]
    public void What_a_policy_approves_is_said_to_be_its_doing()
    {
        using var world = new World(_directory.Path, PolicyMode.Auto);
        using var log = new QueueLog(world.Queue, _heard.Log);
        (world.Policies[1], world.Policies[2]) = (new DomainPolicy { Mode = PolicyMode.Ask }, null);
        world.Scan(assess: true);
        Assert.Equal(
            [("vm-approved", "Mode=auto approved domain vm-0."), ("vms-pending", "2 VMs wait for approval: vm-1, vm-2.")], _heard.Take().Skip(1).Select(Said));
        // Another process of the VM is another decision.
        world.Time.Advance(TimeSpan.FromMinutes(1));
        world.Scan(assess: true, pid: 900);
        Assert.Equal(["Mode=auto approved domain vm-0."], _heard.Take().Select(line => line.Text));
    }

    [Theory]
    [InlineData(HandoverOutcome.Rehearsed, "rehearsal-done", LogEventLevel.Information)]
    [InlineData(HandoverOutcome.Cancelled, "handover-put-off", LogEventLevel.Warning)]
    [InlineData(HandoverOutcome.Postponed, "handover-put-off", LogEventLevel.Warning)]
    [InlineData(HandoverOutcome.Gone, "handover-put-off", LogEventLevel.Warning)]
    [InlineData(HandoverOutcome.Refused, "handover-failed", LogEventLevel.Error)]
    [InlineData(HandoverOutcome.Undone, "handover-failed", LogEventLevel.Error)]
    [InlineData(HandoverOutcome.Lost, "handover-failed", LogEventLevel.Error)]
    [InlineData(HandoverOutcome.Stranded, "vm-stranded", LogEventLevel.Error)]
    public void An_end_says_how_where_and_why(HandoverOutcome outcome, string kind, LogEventLevel level)
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        world.Queue.Run(Sample.Id(1), rehearse: outcome == HandoverOutcome.Rehearsed, "ana");
        var id = world.Queue.TakeNext()!.Id;
        using var log = new QueueLog(world.Queue, _heard.Log);
        world.Queue.End(Sample.Report(id, 1, outcome), after: null);
        var lines = _heard.Take();
        var line = lines[0];
        Assert.Equal((kind, level), (line.Kind, line.Level));
        var went = outcome == HandoverOutcome.Rehearsed;
        Assert.Equal(went ? [] : ["prepare"], line.Values(LogField.Phase));
        Assert.Equal(outcome == HandoverOutcome.Refused ? ["VFIO"] : [], line.Values(LogField.Code));
        Assert.Equal(
            $"Handover {id} of vm-1 ended, {PhaseWords.Of(outcome)}{(went ? "" : " in prepare")}{(outcome == HandoverOutcome.Refused ? " (VFIO)" : "")}, "
            + $"after 310.0 ms, paused for 22.0 ms: It ended {outcome}.",
            line.Text);

        // What makes the queue stop is told behind it.
        var stops = outcome is HandoverOutcome.Undone or HandoverOutcome.Lost or HandoverOutcome.Stranded;
        Assert.Equal(stops ? [("queue-paused", LogEventLevel.Warning)] : [], lines.Skip(1).Select(one => (one.Kind!, one.Level)));
    }

    [Fact]
    public void A_rehearsal_and_what_never_starts_are_told_as_well_and_so_is_who_pauses()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        using var log = new QueueLog(world.Queue, _heard.Log);
        var first = world.Queue.Run(Sample.Id(1), rehearse: true, "ana");
        _ = world.Queue.TakeNext();
        var second = world.Queue.Run(Sample.Id(2), rehearse: false, "ana");
        world.Queue.Cancel(Sample.Id(2), "bob");
        world.Queue.Pause("for lunch", "bob");
        Assert.Equal(
            [
                ("handover-started", $"Handover {first} of vm-1 starts as a rehearsal."),
                ("handover-put-off",
                    $"Handover {second} of vm-2 ended, cancelled: The handover of vm-2 was cancelled by bob before it started; the VM was not touched."),
                ("queue-paused", "The queue was paused by bob: for lunch. Let it go on: virt-handover queue resume"),
            ],
            _heard.Take().Select(Said));
    }

    [Fact]
    public void What_was_put_off_waits_again_and_of_many_only_some_are_named()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        world.Scan(assess: true);
        using var log = new QueueLog(world.Queue, _heard.Log);
        world.Queue.Defer(Sample.Id(0), world.Time.GetUtcNow().AddMinutes(5), "ana");
        world.Time.Advance(TimeSpan.FromMinutes(6));
        world.Queue.Tick();
        world.Queue.Tick();
        Assert.Equal(("vms-pending", "A VM waits for approval: vm-0."), Said(Assert.Single(_heard.Take())));

        world.Queue.Merge([.. Enumerable.Range(0, 500).Select(n => Sample.Domain(n))], world.Queue.BeginScan());
        var line = Assert.Single(_heard.Take(), one => one.Kind == "vms-pending");
        Assert.Matches("^497 VMs wait for approval: (vm-[0-9]+, ){9}vm-[0-9]+ and 487 more\\.$", line.Text);
        Assert.Equal(256, line.Values(LogField.Uuid).Count);
    }

    [Fact]
    public void What_could_not_be_written_down_has_not_happened()
    {
        using var world = new World(_directory.Path, PolicyMode.Ask);
        using var log = new QueueLog(world.Queue, _heard.Log);
        using (world.LockDatabase())
            Assert.Throws<StoreException>(() => world.Scan(assess: true));
        Assert.Empty(_heard.Take());
        world.Scan(assess: true);
        Assert.Equal(["update-noticed", "vms-pending"], _heard.Take().Select(line => line.Kind));
    }

    private static (string? Kind, string Text) Said(HeardLog.Line line) => (line.Kind, line.Text);

    private void AssertLine(string kind, string text, long? id)
    {
        var line = Assert.Single(_heard.Take());
        Assert.Equal((kind, text, LogEventLevel.Information), (line.Kind, line.Text, line.Level));
        Assert.Equal(("vm-0", Sample.Id(0).ToString()), (Assert.Single(line.Values(LogField.Domain)), Assert.Single(line.Values(LogField.Uuid))));
        Assert.Equal(id is { } number ? [number.ToString(System.Globalization.CultureInfo.InvariantCulture)] : [], line.Values(LogField.Id));
    }
}
