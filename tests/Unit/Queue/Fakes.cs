using System.Threading.Channels;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>A host whose domains a test moves about.</summary>
internal sealed class FakeDetector : IDetector
{
    public volatile IReadOnlyList<ScannedDomain> Domains = [];
    public volatile LibvirtException? Failure;
    public int Scans;

    /// <summary>A scan comes to its end when this has; at once without it.</summary>
    public TaskCompletionSource? Hold { get; set; }

    public long Looked { get; set; }

    public long Looks => Looked;

    public async Task<IReadOnlyList<DetectedDomain>> ScanAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref Scans);
        if (Hold is { } hold)
            await hold.Task;
        return Failure is { } failure ? throw failure : [.. Domains.Select(one => one.Domain)];
    }

    public static QemuInstance Identify(int processId) => new(processId, 7, "boot");
}

/// <summary>A runner whose handovers a test drives.</summary>
internal sealed class FakeRunner : IHandoverRunner
{
    private readonly Channel<Handover> _started = Channel.CreateUnbounded<Handover>();
    public volatile Assessment Assessment = Sample.Good;
    public int Running;
    public int MostRunning;
    public int MostTogether;

    /// <summary>What becomes of the next handovers instead.</summary>
    public volatile Exception? Fault;

    internal sealed record Handover(HandoverRequest Request, ChannelWriter<HandoverProgress> Tell, CancellationToken Cancel);

    public ValueTask<Handover> StartedAsync() => _started.Reader.ReadAsync(new CancellationTokenSource(TimeSpan.FromSeconds(20)).Token);

    public bool HasStarted => _started.Reader.TryPeek(out _);

    public Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken) => Task.FromResult(Assessment);

    public async IAsyncEnumerable<HandoverNews> RunAsync(IReadOnlyList<HandoverOrder> orders)
    {
        if (Interlocked.Exchange(ref Fault, null) is { } fault)
            throw fault;
        var news = Channel.CreateUnbounded<HandoverNews>();
        MostRunning = Math.Max(MostRunning, Interlocked.Increment(ref Running));
        MostTogether = Math.Max(MostTogether, orders.Count);
        var tellers = orders.Select(order =>
        {
            var told = Channel.CreateUnbounded<HandoverProgress>();
            _started.Writer.TryWrite(new Handover(order.Request, told.Writer, order.Cancel));
            return Task.Run(async () =>
            {
                await foreach (var progress in told.Reader.ReadAllAsync(CancellationToken.None))
                {
                    news.Writer.TryWrite(new HandoverNews(order.Request.Id, progress));
                    if (progress is HandoverProgress.Ended)
                    {
                        return;
                    }
                }
            });
        }).ToList();
        _ = Task.WhenAll(tellers).ContinueWith(all => news.Writer.TryComplete(all.Exception?.InnerException), TaskScheduler.Default);
        try
        {
            await foreach (var one in news.Reader.ReadAllAsync(CancellationToken.None))
            {
                yield return one;
            }
        }
        finally
        {
            Interlocked.Decrement(ref Running);
        }
    }
}

internal sealed class FakeRecovery : IHandoverRecovery
{
    public Func<long, HandoverReport?> Answer { get; set; } = _ => null;

    public List<long> Orphans { get; } = [];

    public List<long> Asked { get; } = [];

    public Task<IReadOnlyList<long>> UnfinishedAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<long>>(Orphans);

    public Task<HandoverReport?> RecoverAsync(long id, Guid domain, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        Asked.Add(id);
        return Task.FromResult(Answer(id));
    }
}

internal sealed class FakeTransaction : ITransactionProbe
{
    public volatile bool Running;

    public Task<bool> IsRunningAsync(CancellationToken cancellationToken) => Task.FromResult(Running);
}

/// <summary>Policies as libvirt would keep them, text and all.</summary>
internal sealed class FakeDefinitions : IDomainDefinitions
{
    public System.Collections.Concurrent.ConcurrentDictionary<Guid, string> Metadata { get; } = new();

    public LibvirtException? Failure { get; set; }

    public Task<DomainPolicy> ReadPolicyAsync(Guid domain, CancellationToken cancellationToken) => Failure is { } failure
        ? Task.FromException<DomainPolicy>(failure)
        : Task.FromResult(PolicyXml.Read(Metadata.GetValueOrDefault(domain)));

    public Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken cancellationToken)
    {
        if (policy.IsEmpty)
        {
            Metadata.TryRemove(domain, out _);
        }
        else
        {
            Metadata[domain] = PolicyXml.Write(policy);
        }

        return Task.CompletedTask;
    }

    public Task<string> PrepareAsync(Guid domain, string name, CancellationToken cancellationToken) => Task.FromResult($"{name} is prepared.");
}
