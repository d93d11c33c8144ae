using System.Diagnostics;
using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover;

/// <summary>Several VMs in one outage of libvirt: who goes, who is put off, and that libvirt comes back.</summary>
public sealed class HandoverGroupTests : IDisposable
{
    private readonly GroupBed _bed = new();
    private readonly FakeRun _a;
    private readonly FakeRun _b;
    private readonly FakeRun _c;

    public HandoverGroupTests()
    {
        _a = _bed.Add("a");
        _b = _bed.Add("b");
        _c = _bed.Add("c");
    }

    public void Dispose() => _bed.Dispose();

    [Fact]
    public async Task All_are_moved_in_one_outage()
    {
        await _bed.RunAsync();
        Assert.Equal("prepare a", _bed.Deeds[0]);
        Assert.Equal(
            [
                "quiesce a", "quiesce b", "quiesce c", "stop libvirt for a b c", "move a", "move b", "move c",
                "let go a", "let go b", "let go c", "start libvirt", "confirm a", "confirm b", "confirm c",
            ],
            _bed.Deeds.Skip(3));
        Assert.All(_bed.Runs, run => Assert.Equal(["done"], run.Reports));
    }

    [Fact]
    public async Task What_one_is_refused_for_is_its_own_matter()
    {
        _b.PrepareEnds = HandoverOutcome.Refused;
        await _bed.RunAsync();
        Assert.Contains("stop libvirt for a c", _bed.Deeds);
        Assert.Equal([["done"], ["Refused in prepare"], ["done"]], Reports());
    }

    [Fact]
    public async Task One_that_fails_with_libvirt_up_puts_the_others_off_and_libvirt_is_not_stopped()
    {
        _b.PrepareEnds = HandoverOutcome.Undone;
        await _bed.RunAsync();
        Assert.DoesNotContain(_bed.Deeds, deed => deed.StartsWith("stop", StringComparison.Ordinal) || deed.StartsWith("move", StringComparison.Ordinal));
        Assert.Contains("withdraw a", _bed.Deeds);
        string[] off = ["put off with libvirt: that of b, which was to share its outage of libvirt, failed before it"];
        Assert.Equal([off, ["Undone in prepare"], off], Reports());
    }

    [Fact]
    public async Task A_QEMU_that_answers_what_none_answers_puts_nobody_off()
    {
        _a.PrepareEnds = HandoverOutcome.Undone;
        _a.FailedAlone = true;
        await _bed.RunAsync();
        Assert.Equal([["Undone in prepare"], ["done"], ["done"]], Reports());
    }

    [Fact]
    public async Task Without_room_for_more_the_first_goes_alone()
    {
        _bed.HasRoom = false;
        await _bed.RunAsync();
        Assert.Equal(["prepare a", "quiesce a", "stop libvirt for a", "move a", "let go a", "start libvirt", "confirm a"], _bed.Deeds);
        Assert.Equal(["done"], _a.Reports);
        foreach (var run in (FakeRun[])[_b, _c])
            Assert.Contains("put off with libvirt: the host has too little memory left", Assert.Single(run.Reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_was_taken_back_is_withdrawn_and_the_others_go()
    {
        _a.CancelledInPrepare = true;
        await _bed.RunAsync();
        Assert.Contains("withdraw a", _bed.Deeds);
        Assert.DoesNotContain("quiesce a", _bed.Deeds);
        Assert.StartsWith("ended with libvirt", Assert.Single(_a.Reports), StringComparison.Ordinal);
        Assert.Equal([["done"], ["done"]], Reports().Skip(1));
    }

    [Fact]
    public async Task A_busy_host_ends_none_but_puts_all_off()
    {
        _bed.Stop = new HostBusyException("VM z has a job");
        await _bed.RunAsync();
        Assert.Equal(["withdraw a", "withdraw b", "withdraw c"], _bed.Deeds.TakeLast(3));
        Assert.All(_bed.Runs, run => Assert.Equal(["ended with libvirt: VM z has a job"], run.Reports));
    }

    [Fact]
    public async Task A_libvirt_that_cannot_be_stopped_is_one_failure_not_one_of_each()
    {
        _bed.Stop = new HandoverException("No.");
        await _bed.RunAsync();
        string[] off = ["put off with libvirt: that of a, which was to share its outage of libvirt, failed before it"];
        Assert.Equal([["ended with libvirt: No."], off, off], Reports());
        Assert.Equal(3, _bed.Deeds.Count(deed => deed.StartsWith("withdraw", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_libvirt_that_was_stopped_and_does_not_start_is_insisted_on_for_all()
    {
        _bed.Stop = new UnfinishedException("libvirt is down.");
        await _bed.RunAsync();
        Assert.Equal(["let go a", "let go b", "let go c", "insist with libvirt on a b c"], _bed.Deeds.TakeLast(4));
        Assert.All(_bed.Runs, run => Assert.Equal(["recovered"], run.Reports));
    }

    [Fact]
    public async Task One_whose_move_fails_is_undone_alone_and_those_behind_it_are_put_off()
    {
        _b.Move = new HandoverException("No.");
        await _bed.RunAsync();
        Assert.Equal(["move a", "move b", "drop c", "let go a", "let go b", "let go c", "start libvirt", "confirm a"], _bed.Deeds.TakeLast(8));
        Assert.Equal(
            [["done"], ["ended after an outage: No."], ["put off after an outage: that of b, which was to share its outage of libvirt, failed before it"]],
            Reports());
    }

    public static TheoryData<Exception> OwnMatters => [
        new OperationCanceledException(), new RefusedException([]), new QmpProtocolException(QmpFault.Malformed, "?"), new QmpProtocolException(QmpFault.TooLarge, "?")];

    [Theory]
    [MemberData(nameof(OwnMatters), DisableDiscoveryEnumeration = true)]
    public async Task What_says_nothing_about_the_next_stops_nobody(Exception own)
    {
        _b.Move = own;
        await _bed.RunAsync();
        Assert.Contains("move c", _bed.Deeds);
        Assert.Equal(["done"], _c.Reports);
        Assert.StartsWith("ended after an outage", Assert.Single(_b.Reports), StringComparison.Ordinal);
    }

    [Fact]
    public async Task One_that_has_ended_by_itself_stops_nobody()
    {
        _b.Move = new HandoverException("It has ended.");
        _b.SourceHasEnded = true;
        await _bed.RunAsync();
        Assert.Equal(["done"], _c.Reports);
    }

    [Fact]
    public async Task As_long_as_one_is_neither_here_nor_there_libvirt_stays_away()
    {
        _a.Move = new UnfinishedException("Half-way.");
        await _bed.RunAsync();
        Assert.DoesNotContain("start libvirt", _bed.Deeds);
        Assert.Equal(["drop b", "drop c"], _bed.Deeds.Where(deed => deed.StartsWith("drop", StringComparison.Ordinal)));
        Assert.Equal("insist without libvirt on a", _bed.Deeds[^1]);
        Assert.Equal(["recovered"], _a.Reports);
        Assert.All([_b, _c], run => Assert.StartsWith("put off after an outage", Assert.Single(run.Reports), StringComparison.Ordinal));
    }

    [Fact]
    public async Task Those_that_were_moved_are_confirmed_after_the_one_that_was_not()
    {
        _b.Move = new UnfinishedException("Half-way.");
        await _bed.RunAsync();
        Assert.Equal(["insist without libvirt on b", "confirm a"], _bed.Deeds.TakeLast(2));
        Assert.Equal(["done"], _a.Reports);
    }

    [Fact]
    public async Task An_undo_that_fails_is_insisted_on()
    {
        _a.Move = new HandoverException("No.");
        _b.Undo = new UnfinishedException("Half-way.");
        await _bed.RunAsync();
        Assert.Equal("insist without libvirt on b", _bed.Deeds[^1]);
        Assert.Equal(["recovered"], _b.Reports);
        Assert.Equal(["ended after an outage: No."], _a.Reports);
    }

    [Fact]
    public async Task A_withdrawal_that_fails_is_insisted_on_and_the_next_is_withdrawn()
    {
        _bed.Stop = new HostBusyException("busy");
        _a.Undo = new UnfinishedException("Half-way.");
        await _bed.RunAsync();
        Assert.Contains("insist with libvirt on a", _bed.Deeds);
        Assert.Equal([["recovered"], ["ended with libvirt: busy"], ["ended with libvirt: busy"]], Reports());
    }

    [Theory]
    [InlineData("moved")]
    [InlineData("undone")]
    [InlineData("late")]
    public async Task A_libvirt_that_does_not_start_again_is_insisted_on_whatever_became_of_them(string what)
    {
        _bed.Release = new InvalidOperationException("No.");
        if (what == "undone")
            _a.Move = new HandoverException("No.");
        if (what == "late")
            _bed.Limit = OutageLimit.Of(0, TimeSpan.Zero);
        await _bed.RunAsync();
        Assert.Equal("insist without libvirt on a b c", _bed.Deeds.Single(deed => deed.StartsWith("insist", StringComparison.Ordinal)));
        Assert.All(_bed.Runs, run => Assert.Equal(["recovered"], run.Reports));
    }

    [Fact]
    public async Task Those_whose_time_is_over_before_their_turn_are_put_off_without_a_failure()
    {
        _bed.Limit = OutageLimit.Of(0, TimeSpan.Zero);
        await _bed.RunAsync();
        Assert.Equal(["drop a", "drop b", "drop c", "let go a", "let go b", "let go c", "start libvirt"], _bed.Deeds.TakeLast(7));
        Assert.All(_bed.Runs, run => Assert.Contains("put off after an outage: libvirt had been away for as long as it may", Assert.Single(run.Reports), StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_that_libvirt_does_not_find_is_insisted_on_and_the_others_are_confirmed()
    {
        _a.Confirm = new UnfinishedException("It does not answer.");
        await _bed.RunAsync();
        Assert.Contains("insist without libvirt on a", _bed.Deeds);
        Assert.Equal([["recovered"], ["done"], ["done"]], Reports());
    }

    [Fact]
    public async Task A_copy_that_cannot_be_cancelled_while_it_is_prepared_is_insisted_on()
    {
        _c.Prepare = new UnfinishedException("Half-way.");
        await _bed.RunAsync();
        Assert.Contains("insist with libvirt on c", _bed.Deeds);
        Assert.Equal(["recovered"], _c.Reports);
    }

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);

    private static readonly Gen<Exception?> s_failure = OneOf<Exception?>(
        null, null, null, new HandoverException("No."), new UnfinishedException("Half-way."), new RefusedException([]), new OperationCanceledException(),
        new InvalidOperationException("Ours."), new QmpProtocolException(QmpFault.Malformed, "?"));

    private static readonly Gen<Exception?> s_unfinished = OneOf<Exception?>(null, null, null, new UnfinishedException("Half-way."));

    private static readonly Gen<(HandoverOutcome? Ends, bool Cancelled, Exception? Move, Exception? Undo, Exception? Confirm)> s_vm = Gen.Select(
        OneOf<HandoverOutcome?>(null, null, null, null, HandoverOutcome.Refused, HandoverOutcome.Undone), Gen.Int[0, 7].Select(n => n == 0),
        s_failure, s_unfinished, s_unfinished);

    [Fact]
    public void Whatever_happens_each_is_reported_once_and_libvirt_comes_back_once_nobody_is_half_way() => Gen.Select(
        s_vm.Array[1, 6],
        OneOf<Exception?>(null, null, null, null, new HostBusyException("busy"), new HandoverException("No."), new UnfinishedException("Down.")),
        OneOf<Exception?>(null, null, new InvalidOperationException("No.")),
        Gen.Bool,
        Gen.Int[0, 7]).Sample((vms, stop, release, room, late) =>
    {
        using var bed = new GroupBed { Stop = stop, Release = release, HasRoom = room };
        if (late == 0)
            bed.Limit = OutageLimit.Of(Stopwatch.GetTimestamp() - Stopwatch.Frequency, TimeSpan.FromSeconds(1));
        foreach (var (index, vm) in vms.Index())
        {
            var run = bed.Add($"v{index}");
            (run.PrepareEnds, run.CancelledInPrepare, run.Move, run.Undo, run.Confirm) = (vm.Ends, vm.Cancelled, vm.Move, vm.Undo, vm.Confirm);
        }

        bed.RunAsync().GetAwaiter().GetResult();
        var deeds = bed.Deeds.ToList();
        foreach (var run in bed.Runs)
        {
            Assert.Single(run.Reports);
            // Each twin comes to one end.
            Assert.True(deeds.Count(deed => deed is var text && (text == $"move {run.Subject}" || text == $"drop {run.Subject}" || text == $"withdraw {run.Subject}")) <= 1);
        }

        var stopped = deeds.FindIndex(deed => deed.StartsWith("stop", StringComparison.Ordinal));
        var moves = deeds.FindAll(deed => deed.StartsWith("move", StringComparison.Ordinal));
        if (stopped < 0 || stop is not null)
        {
            Assert.Empty(moves);
            return;
        }

        // It is started by the group or by who ends the broken ones, and nothing moves or is confirmed on the wrong side of that.
        var back = deeds.FindIndex(deed => deed == "start libvirt" || deed.StartsWith("insist without", StringComparison.Ordinal));
        Assert.True(back > stopped);
        Assert.All(deeds[back..], deed => Assert.False(deed.StartsWith("move", StringComparison.Ordinal) || deed.StartsWith("drop", StringComparison.Ordinal)));
        Assert.All(deeds[..back], deed => Assert.False(deed.StartsWith("confirm", StringComparison.Ordinal)));
        if (release is not null || bed.Runs.Any(run => run.Reports[0] == "recovered" && deeds.Contains($"move {run.Subject}")))
            Assert.Contains(deeds, deed => deed.StartsWith("insist without", StringComparison.Ordinal));
    });

    private IReadOnlyList<string>[] Reports() => [.. _bed.Runs.Select(run => run.Reports)];
}
