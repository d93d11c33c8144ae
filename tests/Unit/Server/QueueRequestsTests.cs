using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Libvirt;
using VirtHandover.Logging;
using VirtHandover.Policy;
using VirtHandover.Queue;
using VirtHandover.Server;
using VirtHandover.Tests.Unit.Logging;
using VirtHandover.Tests.Unit.Queue;

namespace VirtHandover.Tests.Unit.Server;

/// <summary>What becomes of a caller's wish, and of what keeps it from being done.</summary>
public sealed class QueueRequestsTests : IAsyncDisposable
{
    private static readonly BusCaller Ana = new(":1.42", 1000) { Login = "ana" };

    private readonly TemporaryDirectory _directory = new();
    private readonly Loops _loops;
    private readonly FailingDefinitions _definitions = new();
    private readonly QueueRequests _requests;
    private readonly HeardLog _heard = new();
    private int _shown;

    public QueueRequestsTests()
    {
        _loops = new Loops(Path.Combine(_directory.Path, "db"), detector: new FakeDetector { Domains = [Sample.Domain(0)] });
        _requests = new QueueRequests(_loops.Queue, _loops.Scanner, _definitions, _ => Task.FromResult(_shown++), _heard.Log);
    }

    public async ValueTask DisposeAsync()
    {
        await _loops.DisposeAsync();
        _requests.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task A_wish_is_done_in_the_caller_s_name_and_shown_before_it_is_answered()
    {
        await _loops.UntilAsync(() => _loops.WordOf(0) == "pending");
        await _requests.DeferAsync(Sample.Id(0), DateTimeOffset.UtcNow.AddHours(1), "later", Ana, CancellationToken.None);
        Assert.Equal("ana (uid 1000)", Assert.IsType<UpgradeState.Deferred>(_loops.Of(0)!.State).By);
        Assert.Equal(1, _shown);
        var line = Assert.Single(_heard.Take());
        Assert.Equal("vm-decision", line.Kind);
        Assert.Matches("^ana \\(uid 1000\\) deferred until .+Z domain vm-0\\.$", line.Text);
        Assert.Equal(["vm-0", Sample.Id(0).ToString()], [.. line.Values(LogField.Domain), .. line.Values(LogField.Uuid)]);
    }

    [Fact(Timeout = 60_000)]
    public async Task What_the_queue_tells_of_itself_is_not_said_a_second_time()
    {
        await _loops.UntilAsync(() => _loops.WordOf(0) == "pending");
        using var log = new QueueLog(_loops.Queue, _heard.Log);
        await _requests.PauseQueueAsync("lunch", Ana, CancellationToken.None);
        await _requests.ApproveAsync(Sample.Id(0), null, Ana, CancellationToken.None);
        await _requests.CancelAsync(Sample.Id(0), Ana, CancellationToken.None);
        await _requests.ResumeQueueAsync(Ana, CancellationToken.None);
        Assert.Equal(["queue-paused", "vm-approved", "vm-decision", "queue-resumed"], _heard.Take().Select(line => line.Kind));
    }

    public static TheoryData<Exception, ServiceFault> Failures => new()
    {
        { new LibvirtException(38, "libvirt is away."), ServiceFault.LibvirtUnavailable },
        { new QueueException(QueueFault.WrongState, "A handover of it is at work."), ServiceFault.WrongState },
    };

    [Theory(Timeout = 60_000)]
    [MemberData(nameof(Failures))]
    public async Task What_libvirt_or_the_worker_refuses_is_the_caller_s_answer_and_shows_nothing(Exception failure, ServiceFault fault)
    {
        await _loops.UntilAsync(() => _loops.WordOf(0) == "pending");
        foreach (var when in new[] { "read", "write", "prepare" })
        {
            _definitions.Fail(when, failure);
            var domain = Sample.Id(0);
            var refusal = await Assert.ThrowsAsync<ServiceException>(() => when == "prepare"
                ? _requests.PrepareAsync(domain, Ana, CancellationToken.None)
                : _requests.SetPolicyAsync(domain, new PolicyChange { Priority = 3 }, Ana, CancellationToken.None));
            Assert.Equal((fault, failure.Message), (refusal.Fault, refusal.Message));
        }

        Assert.Equal(0, _shown);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_domain_that_is_not_there_is_unknown()
    {
        var refusal = await Assert.ThrowsAsync<ServiceException>(() => _requests.ApproveAsync(Guid.NewGuid(), null, Ana, CancellationToken.None));
        Assert.Equal(ServiceFault.UnknownDomain, refusal.Fault);
    }

    private sealed class FailingDefinitions : IDomainDefinitions
    {
        private string _when = "";
        private Exception _failure = new InvalidOperationException();

        public void Fail(string when, Exception failure) => (_when, _failure) = (when, failure);

        public Task<DomainPolicy> ReadPolicyAsync(Guid domain, CancellationToken cancellationToken) =>
            _when == "read" ? Task.FromException<DomainPolicy>(_failure) : Task.FromResult(DomainPolicy.None);

        public Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken cancellationToken) =>
            _when == "write" ? Task.FromException(_failure) : Task.CompletedTask;

        public Task<string> PrepareAsync(Guid domain, string name, CancellationToken cancellationToken) => Task.FromException<string>(_failure);
    }
}
