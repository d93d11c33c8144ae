using System.Text;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Worker;

/// <summary>A front that was taken over: whatever it says, the worker does no more than the queue may ask for, and lives.</summary>
public sealed class WorkerSessionTests : IAsyncLifetime
{
    private const string Greeting = """{"call":1,"request":{"ask":"greet","build":"this build"}}""" + "\n";

    private const string Order =
        """{"call":2,"request":{"ask":"run","orders":[{"id":1,"domain":"00000000-0001-0002-0304-05060708090a","rehearse":false,"maxPause":"00:00:01" """;

    private readonly WorkerBed _bed = new();

    public Task InitializeAsync() => Task.CompletedTask;

    public async Task DisposeAsync() => await _bed.DisposeAsync();

    [Theory(Timeout = 60_000)]
    [InlineData("garbage\n")]
    [InlineData("null\n")]
    [InlineData("[1,2]\n")]
    [InlineData("""{"call":1,"request":{"ask":"scan"}}""" + "\n")]
    [InlineData("""{"call":1,"request":{"ask":"greet","build":"another build"}}""" + "\n")]
    [InlineData(Greeting + """{"call":2,"request":{"ask":"execute","path":"/bin/sh"}}""" + "\n")]
    [InlineData(Greeting + """{"call":2,"request":{"ask":"assess"}}""" + "\n")]
    [InlineData(Greeting + """{"call":2,"request":{"ask":"assess","domain":"not-one"}}""" + "\n")]
    [InlineData(Greeting + """{"call":2,"call":3,"request":{"ask":"unfinished"}}""" + "\n")]
    [InlineData(Greeting + """{"call":2,"request":{"ask":"tell","notice":null}}""" + "\n")]
    [InlineData(Greeting + """{"call":1,"request":{"ask":"unfinished"}}""" + "\n")]
    [InlineData(Greeting + Order + ""","to":"/bin/sh"}]}}""" + "\n")]
    public async Task What_is_no_message_ends_the_connection_and_nothing_else(string said)
    {
        var heard = await _bed.SayAsync(Encoding.UTF8.GetBytes(said));
        Assert.DoesNotContain("\"seen\"", heard, StringComparison.Ordinal);
        Assert.False(_bed.Runner.HasStarted);
        Assert.Equal(2, (await _bed.Parts.Detector.ScanAsync(CancellationToken.None)).Count);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_line_without_an_end_is_given_up_at_its_limit_and_half_a_message_is_none()
    {
        await _bed.SayAsync([.. Encoding.UTF8.GetBytes(Greeting), .. Enumerable.Repeat((byte)'x', WorkerJson.LineBytes + 1)]);
        var heard = await _bed.SayAsync(Encoding.UTF8.GetBytes(Greeting + """{"call":2,"request":{"ask":"unf"""), thenLeave: true);
        Assert.DoesNotContain("numbers", heard, StringComparison.Ordinal);
        Assert.Empty(await _bed.Parts.Recovery.UnfinishedAsync(CancellationToken.None));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_connects_and_says_nothing_is_not_waited_for_for_ever()
    {
        var (here, there) = WorkerBed.Pair();
        await using var end = here;
        await using var serving = there;
        await new WorkerSession(_bed.Desk, there, WorkerBed.Build, Serilog.Core.Logger.None, () => Assert.Fail("It greeted."))
        {
            GreetingLimit = TimeSpan.FromMilliseconds(20),
        }.RunAsync(CancellationToken.None);
    }

    [Theory(Timeout = 60_000)]
    [InlineData(0, 1000)]
    [InlineData(-4, 1000)]
    [InlineData(5, 0)]
    [InlineData(5, 3_600_001)]
    public async Task A_handover_with_numbers_that_the_queue_does_not_give_is_refused(long id, int milliseconds)
    {
        var order = new RunOrder(id, Sample.Id(0), false, TimeSpan.FromMilliseconds(milliseconds));
        await Assert.ThrowsAsync<WorkerException>(() => _bed.Client.DoAsync(new WorkerRequest.Run([order]), CancellationToken.None));
        await Assert.ThrowsAsync<WorkerException>(() => _bed.Client.DoAsync(new WorkerRequest.SendCanary(order), CancellationToken.None));
        Assert.False(_bed.Runner.HasStarted);
    }

    [Fact(Timeout = 60_000)]
    public async Task No_handovers_twice_the_same_and_too_many_are_refused()
    {
        RunOrder Order(int n, int domain) => new(n, Sample.Id(domain), false, TimeSpan.FromSeconds(1));
        IReadOnlyList<RunOrder>[] wrong =
        [
            [],
            [Order(1, 0), Order(1, 1)],
            [Order(1, 0), Order(2, 0)],
            [.. Enumerable.Range(1, 65).Select(n => Order(n, n))],
        ];
        foreach (var orders in wrong)
            await Assert.ThrowsAsync<WorkerException>(() => _bed.Client.DoAsync(new WorkerRequest.Run(orders), CancellationToken.None));
        Assert.False(_bed.Runner.HasStarted);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_a_handover_is_given_is_the_worker_s_own_knowledge()
    {
        var running = _bed.Client.DoAsync(new WorkerRequest.Run([new RunOrder(5, Sample.Id(0), false, TimeSpan.FromSeconds(2))]), CancellationToken.None);
        var started = await _bed.Runner.StartedAsync();
        Assert.Equal(
            new HandoverRequest(5, Sample.Id(0), false, TimeSpan.FromMinutes(7))
            {
                Name = "vm-0",
                From = Sample.Build(1),
                To = Sample.Build(2),
                MaxPause = TimeSpan.FromSeconds(2),
                MaxOutage = TimeSpan.FromSeconds(9),
            },
            started.Request);
        started.Tell.TryWrite(new HandoverProgress.Ended(Sample.Report(5, 0, HandoverOutcome.Done)));
        await running;
    }

    [Theory(Timeout = 60_000)]
    [InlineData("<policy mode='perhaps'/>")]
    [InlineData("<policy")]
    [InlineData("<domain/>")]
    public async Task A_policy_that_is_none_is_not_stored(string element)
    {
        await Assert.ThrowsAsync<WorkerException>(() => _bed.Client.DoAsync(new WorkerRequest.WritePolicy(Sample.Id(0), element), CancellationToken.None));
        Assert.Empty(_bed.Definitions.Metadata);
    }

    [Theory(Timeout = 60_000)]
    [InlineData("reboot", "")]
    [InlineData("done", "a\0b")]
    [InlineData("done", "a\e[2J")]
    public async Task A_notice_that_is_none_is_not_told(string what, string sentence) => await Assert.ThrowsAsync<WorkerException>(
        () => _bed.Client.DoAsync(new WorkerRequest.Tell(new VirtHandover.Queue.Notice(what, sentence, "", "", null)), CancellationToken.None));

    [Fact(Timeout = 60_000)]
    public async Task More_calls_than_a_front_makes_are_refused_and_the_others_go_on()
    {
        _bed.Detector.Hold = new TaskCompletionSource();
        var scans = Enumerable.Range(0, WorkerSession.MostCalls).Select(_ => _bed.Client.DoAsync(new WorkerRequest.Scan(), CancellationToken.None)).ToList();
        var refused = await Assert.ThrowsAsync<WorkerException>(() => _bed.Client.DoAsync(new WorkerRequest.Scan(), CancellationToken.None));
        Assert.Contains("calls are under way", refused.Message, StringComparison.Ordinal);
        _bed.Detector.Hold.SetResult();
        await Task.WhenAll(scans);
    }
}
