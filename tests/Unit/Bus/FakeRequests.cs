using System.Collections.Concurrent;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>Answers as a queue would, and writes down what was asked.</summary>
internal sealed class FakeRequests : IHandoverRequests
{
    internal ConcurrentQueue<string> Asked { get; } = new();

    internal List<HandoverReport> Reports { get; } = [];

    /// <summary>What <c>Run</c> does after it has its number.</summary>
    internal Func<long, Guid, bool, Task> OnRun { get; set; } = (_, _, _) => Task.CompletedTask;

    internal Exception? Refusal { get; set; }

    public Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken) =>
        Record($"notify {source} {string.Join(' ', paths)}");

    public Task RescanAsync(CancellationToken cancellationToken) => Record("rescan");

    public async Task<long> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken)
    {
        await Record($"run {domain} {rehearse} by {caller.UserId}");
        await OnRun(7, domain, rehearse);
        return 7;
    }

    public async Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken)
    {
        await Record($"history {query.Domain} {query.Limit} {query.Since:O} {query.Until:O}");
        return [.. Reports.Where(report => query.Domain is null || report.Domain == query.Domain).Take(query.Limit)];
    }

    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) => Record($"approve {domain} by {caller.UserId}");

    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken) =>
        Record($"defer {domain} until {until:O} because \"{reason}\" by {caller.UserId}");

    public Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Record($"undefer {domain} by {caller.UserId}");

    public Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken) =>
        Record($"policy {domain} {change.Mode}|{change.Window}|{change.MaxPauseMicroseconds}|{change.Priority} by {caller.UserId}");

    public async Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken)
    {
        await Record($"prepare {domain} by {caller.UserId}");
        return "It is ready at its next start.";
    }

    public Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken) =>
        Record($"pause because \"{reason}\" by {caller.UserId}");

    public Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken) => Record($"resume by {caller.UserId}");

    public Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken) => Record($"assess by {caller.UserId}");

    public Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Record($"cancel {domain} by {caller.UserId}");

    public Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Record($"retry {domain} by {caller.UserId}");

    private Task Record(string what)
    {
        Asked.Enqueue(what);
        return Refusal is { } refusal ? Task.FromException(refusal) : Task.CompletedTask;
    }
}

/// <summary>States to show.</summary>
internal static class Sample
{
    internal static readonly Guid Web = Guid.Parse("6a2c8b1e-0000-4000-8000-0123456789ab");
    internal static readonly Guid Db = Guid.Parse("00000000-1111-4222-8333-444444444444");

    internal static DomainView Domain(Guid uuid, string name, string state = "pending") => new()
    {
        Uuid = uuid,
        Name = name,
        State = state,
        RunningVersion = "7.2.22",
        InstalledVersion = "10.0.2",
    };

    internal static HostView Host(params DomainView[] domains) =>
        new("1.2.3", "ask", "", DateTimeOffset.UnixEpoch.AddDays(20_000), domains);

    internal static HandoverReport Report(long id, Guid domain) => new()
    {
        Id = id,
        Domain = domain,
        Name = "web",
        Outcome = HandoverOutcome.Done,
        Sentence = "The guest runs on the new QEMU.",
        StartedAt = DateTimeOffset.UnixEpoch.AddDays(20_000),
    };
}
