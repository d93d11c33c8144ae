using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>A service in memory: holds a view, records calls, fails where it is told to.</summary>
internal sealed class FakeService(HostView view) : IHandoverService
{
    private readonly Lock gate = new();
    private readonly List<Channel<HostView>> watchers = [];
    private readonly List<string> calls = [];
    private readonly List<HistoryQuery> queries = [];

    public HostView View { get; private set; } = view;

    public Dictionary<Guid, ServiceException> Faults { get; } = [];

    public Func<CancellationToken, Task<HandoverReport>>? OnRun { get; set; }

    public IReadOnlyList<HandoverReport> Reports { get; set; } = [];

    /// <summary>Whether the checks of <see cref="AssessAllAsync"/> ever come to an end.</summary>
    public bool Assesses { get; set; } = true;

    /// <summary>How many have begun to watch it.</summary>
    public int Watchers
    {
        get
        {
            lock (gate)
            {
                return watchers.Count;
            }
        }
    }

    /// <summary>Domains that only a scan finds.</summary>
    public IReadOnlyList<DomainView> Started { get; set; } = [];

    /// <summary>How many scans do not find them yet.</summary>
    public int ScansBefore { get; set; }

    /// <summary>Whether <see cref="RescanAsync"/> ever leads to a scan.</summary>
    public bool Scans { get; set; } = true;

    /// <summary>Why nobody may ask for a scan.</summary>
    public ServiceException? RescanFault { get; set; }

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

    /// <summary>What was asked of the history.</summary>
    public IReadOnlyList<HistoryQuery> Queries
    {
        get
        {
            lock (gate)
            {
                return [.. queries];
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

    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, CancellationToken cancellationToken) =>
        Do(domain, "approve" + Allowed(maxPause), old => old with { State = "approved", ApprovedBy = "root (uid 0)", DeferredUntil = null });

    private static string Allowed(TimeSpan? maxPause) => maxPause is { } pause ? FormattableString.Invariant($" max={pause.TotalMilliseconds} ms") : "";

    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, CancellationToken cancellationToken) =>
        Do(domain, $"defer {until.UtcDateTime:yyyy-MM-ddTHH:mm:ssZ}", old => old with { State = "deferred", DeferredUntil = until, DeferReason = reason });

    public Task UndeferAsync(Guid domain, CancellationToken cancellationToken) =>
        Do(domain, "undefer", old => old with { State = "pending", DeferredUntil = null, DeferReason = "" });

    public Task SetPolicyAsync(Guid domain, PolicyChange change, CancellationToken cancellationToken) =>
        Do(domain, $"policy {change.Mode}|{change.Window}|{change.MaxPauseMicroseconds}|{change.Priority}", old => old with
        {
            PolicyMode = change.Mode ?? old.PolicyMode,
            PolicyWindow = change.Window ?? old.PolicyWindow,
            PolicyMaxPauseMicroseconds = change.MaxPauseMicroseconds ?? old.PolicyMaxPauseMicroseconds,
            PolicyPriority = change.Priority ?? old.PolicyPriority,
            PolicySource = "domain",
            PolicyOwn =
            [
                .. change.Mode is null ? Array.Empty<string>() : ["mode"], .. change.Window is null ? Array.Empty<string>() : ["window"],
                .. change.MaxPauseMicroseconds is null ? Array.Empty<string>() : ["max_pause"], .. change.Priority is null ? Array.Empty<string>() : ["priority"],
            ],
        });

    public async Task<string> PrepareAsync(Guid domain, CancellationToken cancellationToken)
    {
        await Do(domain, "prepare", old => old);
        return "It is ready at its next start.";
    }

    public Task PauseQueueAsync(string reason, CancellationToken cancellationToken)
    {
        Record($"pause {reason}");
        Show(View with { QueueState = "paused", QueueReason = reason });
        return Task.CompletedTask;
    }

    public Task ResumeQueueAsync(CancellationToken cancellationToken)
    {
        Record("resume");
        Show(View with { QueueState = "running", QueueReason = "" });
        return Task.CompletedTask;
    }

    public Task AssessAllAsync(CancellationToken cancellationToken)
    {
        Record("assess");
        if (Assesses)
        {
            Show(View with { Domains = [.. View.Domains.Select(domain => domain with { AssessedAt = Sample.Now })] });
        }

        return Task.CompletedTask;
    }

    public Task CancelAsync(Guid domain, CancellationToken cancellationToken) => Do(domain, "cancel", old => old with { State = "pending", ApprovedBy = "" });

    public Task RetryAsync(Guid domain, CancellationToken cancellationToken) => Do(domain, "retry", old => old with { State = "pending" });

    public Task RescanAsync(CancellationToken cancellationToken)
    {
        Record("rescan");
        if (RescanFault is { } fault)
        {
            throw fault;
        }

        if (Scans)
        {
            var found = ScansBefore-- > 0 ? [] : Started;
            Show(View with { LastScan = (View.LastScan ?? Sample.Now).AddSeconds(1), Domains = [.. View.Domains, .. found.Except(View.Domains)] });
        }

        return Task.CompletedTask;
    }

    public async Task<HandoverReport> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, CancellationToken cancellationToken)
    {
        Record($"run {domain} rehearse={rehearse}{Allowed(maxPause)}");
        return Faults.TryGetValue(domain, out var fault) ? throw fault : await OnRun!(cancellationToken);
    }

    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        lock (gate)
        {
            queries.Add(query);
        }

        return Task.FromResult<IReadOnlyList<HandoverReport>>(
        [
            .. Reports.Where(report => query.Domain is null || report.Domain == query.Domain)
                .Where(report => report.StartedAt >= (query.Since ?? DateTimeOffset.MinValue) && report.StartedAt < (query.Until ?? DateTimeOffset.MaxValue))
                .Take(query.Limit),
        ]);
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
