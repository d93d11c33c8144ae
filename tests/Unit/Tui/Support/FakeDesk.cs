using System.Collections.Concurrent;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Server;

namespace VirtHandover.Tests.Unit.Tui.Support;

/// <summary>A service on a real bus whose queue is only a list: it does what it is asked and hands nothing over.</summary>
internal sealed class FakeDesk : IHandoverRequests, IAsyncDisposable
{
    private readonly SemaphoreSlim gate = new(1);
    private HandoverServer? server;
    private HostView view;

    private FakeDesk(HostView view) => this.view = view;

    /// <summary>What was asked, with the domain's name.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    /// <summary>The past handovers, newest first.</summary>
    public IReadOnlyList<HandoverReport> Book { get; set; } = Sample.History();

    public static async Task<FakeDesk> StartAsync(string address, HostView view)
    {
        var desk = new FakeDesk(view);
        desk.server = await HandoverServer.StartAsync(address, desk, view, CancellationToken.None);
        return desk;
    }

    public Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RescanAsync(CancellationToken cancellationToken)
    {
        Asked.Enqueue("rescan");
        return Task.CompletedTask;
    }

    public async Task<long> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken)
    {
        await ChangeAsync(domain, (rehearse ? "rehearse" : "run") + Allowed(maxPause), old => old);
        var report = Report(domain, rehearse);
        Book = [report, .. Book];
        _ = Task.Run(() => server!.EndedAsync(report), CancellationToken.None);
        return report.Id;
    }

    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HandoverReport>>(
            [.. Book.Where(report => query.Domain is null || report.Domain == query.Domain).Take(query.Limit)]);

    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, "approve" + Allowed(maxPause), old => old with { State = "approved", ApprovedBy = $"uid {caller.UserId}", DeferredUntil = null });

    private static string Allowed(TimeSpan? maxPause) => maxPause is { } pause ? FormattableString.Invariant($" {pause.TotalMilliseconds} ms") : "";

    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, $"defer {until.UtcDateTime:yyyy-MM-dd HH:mm}", old => old with { State = "deferred", DeferredUntil = until, DeferReason = reason });

    public Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, "undefer", old => old with { State = "pending", DeferredUntil = null, DeferReason = "" });

    public Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, $"policy {change.Mode}|{change.Window}|{change.MaxPauseMicroseconds}|{change.Priority}", old => old with
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

    public async Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken)
    {
        await ChangeAsync(domain, "prepare", old => old);
        return "It is ready at its next start.";
    }

    public Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken) =>
        ShowAsync("pause", old => old with { QueueState = "paused", QueueReason = reason });

    public Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken) =>
        ShowAsync("resume", old => old with { QueueState = "running", QueueReason = "" });

    public Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken) =>
        ShowAsync("assess", old => old with { Domains = [.. old.Domains.Select(domain => domain with { AssessedAt = DateTimeOffset.UnixEpoch.AddDays(20_000) })] });

    public Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, "cancel", old => old with { State = "pending", ApprovedBy = "" });

    public Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) =>
        ChangeAsync(domain, "retry", old => old with { State = "pending" });

    /// <summary>Changes a domain as the queue would, unasked.</summary>
    public async Task ChangeAsync(Guid uuid, string asked, Func<DomainView, DomainView> change)
    {
        await gate.WaitAsync();
        try
        {
            Asked.Enqueue($"{asked} {view.Domains.First(domain => domain.Uuid == uuid).Name}");
            view = view with { Domains = [.. view.Domains.Select(domain => domain.Uuid == uuid ? change(domain) : domain)] };
            await server!.PublishAsync(view);
        }
        finally
        {
            gate.Release();
        }
    }

    private async Task ShowAsync(string asked, Func<HostView, HostView> change)
    {
        await gate.WaitAsync();
        try
        {
            Asked.Enqueue(asked);
            view = change(view);
            await server!.PublishAsync(view);
        }
        finally
        {
            gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await server!.DisposeAsync();
        gate.Dispose();
    }

    private HandoverReport Report(Guid domain, bool rehearse) =>
        Sample.Report(Book.Count + 100, 1, view.Domains.First(known => known.Uuid == domain).Name, rehearse ? HandoverOutcome.Rehearsed : HandoverOutcome.Done) with { Domain = domain };
}
