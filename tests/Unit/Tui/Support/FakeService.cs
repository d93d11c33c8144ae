using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VirtHandover.Bus.Client;
using VirtHandover.Handover;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>A service in memory: holds a view, records calls, fails where it is told to.</summary>
internal sealed class FakeService(HostView view) : IHandoverService
{
    private readonly Lock gate = new();
    private readonly List<Channel<HostView>> watchers = [];
    private readonly List<string> calls = [];

    public HostView View { get; private set; } = view;

    public Dictionary<Guid, ServiceException> Faults { get; } = [];

    public Func<CancellationToken, Task<HandoverReport>>? OnRun { get; set; }

    public IReadOnlyList<HandoverReport> Reports { get; set; } = [];

    /// <summary>Whether any call reaches the service.</summary>
    public bool Reachable { get; set; } = true;

    public IReadOnlyList<string> Calls
    {
        get
        {
            lock (gate)
            {
                return [.. calls];
            }
        }
    }

    public void Show(HostView next)
    {
        lock (gate)
        {
            View = next;
            watchers.ForEach(watcher => watcher.Writer.TryWrite(next));
        }
    }

    public void Change(Guid uuid, Func<DomainView, DomainView> change) =>
        Show(View with { Domains = [.. View.Domains.Select(domain => domain.Uuid == uuid ? change(domain) : domain)] });

    /// <summary>The service leaves the bus.</summary>
    public void GoAway()
    {
        lock (gate)
        {
            Reachable = false;
            watchers.ForEach(watcher => watcher.Writer.TryComplete());
            watchers.Clear();
        }
    }

    public Task<IHandoverService> ConnectAsync(CancellationToken cancellationToken) =>
        Reachable ? Task.FromResult<IHandoverService>(this) : throw Gone();

    public Task<HostView> ReadAsync(CancellationToken cancellationToken) => Reachable ? Task.FromResult(View) : throw Gone();

    public async IAsyncEnumerable<HostView> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var channel = Channel.CreateUnbounded<HostView>();
        lock (gate)
        {
            if (!Reachable)
            {
                throw Gone();
            }

            channel.Writer.TryWrite(View);
            watchers.Add(channel);
        }

        await foreach (var next in channel.Reader.ReadAllAsync(cancellationToken))
        {
            yield return next;
        }
    }

    public Task ApproveAsync(Guid domain, CancellationToken cancellationToken) =>
        Do(domain, "approve", old => old with { State = "approved", ApprovedBy = "root (uid 0)", DeferredUntil = null });

    public Task DeferAsync(Guid domain, DateTimeOffset until, CancellationToken cancellationToken) =>
        Do(domain, $"defer {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", old => old with { State = "deferred", DeferredUntil = until });

    public Task CancelAsync(Guid domain, CancellationToken cancellationToken) => Do(domain, "cancel", old => old with { State = "pending", ApprovedBy = "" });

    public Task RetryAsync(Guid domain, CancellationToken cancellationToken) => Do(domain, "retry", old => old with { State = "pending" });

    public Task RescanAsync(CancellationToken cancellationToken)
    {
        Record("rescan");
        return Task.CompletedTask;
    }

    public async Task<HandoverReport> RunAsync(Guid domain, bool rehearse, CancellationToken cancellationToken)
    {
        Record($"run {domain} rehearse={rehearse}");
        return Faults.TryGetValue(domain, out var fault) ? throw fault : await OnRun!(cancellationToken);
    }

    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(Guid? domain, int limit, CancellationToken cancellationToken)
    {
        Record($"history {domain} {limit}");
        return Task.FromResult<IReadOnlyList<HandoverReport>>([.. Reports.Where(report => domain is null || report.Domain == domain).Take(limit)]);
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    private static ServiceException Gone() => new(ServiceFault.Unreachable, "The service cannot be reached: no such bus.");

    private Task Do(Guid uuid, string call, Func<DomainView, DomainView> change)
    {
        Record($"{call} {View.Domains.First(domain => domain.Uuid == uuid).Name}");
        if (Faults.TryGetValue(uuid, out var fault))
        {
            return Task.FromException(fault);
        }

        Change(uuid, change);
        return Task.CompletedTask;
    }

    private void Record(string call)
    {
        lock (gate)
        {
            calls.Add(call);
        }
    }
}
