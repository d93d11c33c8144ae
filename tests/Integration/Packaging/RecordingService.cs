using System.Threading.Channels;
using VirtHandover.Bus;
using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Server;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>Stands on the lab's system bus in the service's place and writes down what the hook says.</summary>
internal sealed class RecordingService : IHandoverRequests, IAsyncDisposable
{
    internal static readonly Guid Domain = Guid.Parse("6a2c8b1e-0000-4000-8000-0123456789ab");

    private readonly Channel<string> _notified = Channel.CreateUnbounded<string>();
    private HandoverServer? _server;

    /// <summary>When set, <c>NotifyUpdate</c> is answered when it completes.</summary>
    internal Task Answer { get; set; } = Task.CompletedTask;

    internal static async Task<RecordingService> Start()
    {
        var service = new RecordingService();
        var domain = new DomainView { Uuid = Domain, Name = "a", State = "pending", RunningVersion = "1", InstalledVersion = "2" };
        service._server = await HandoverServer.StartAsync(
            null, service, new HostView("0", "ask", "", null, [domain]), CancellationToken.None);
        return service;
    }

    /// <summary>What was reported since the last time: source and paths.</summary>
    internal string[] Taken()
    {
        var taken = new List<string>();
        while (_notified.Reader.TryRead(out var one))
            taken.Add(one);
        return [.. taken];
    }

    public async ValueTask DisposeAsync()
    {
        if (_server is not null)
            await _server.DisposeAsync();
    }

    public Task NotifyUpdateAsync(string source, IReadOnlyList<string> paths, CancellationToken cancellationToken)
    {
        _notified.Writer.TryWrite($"{source}: {string.Join(' ', paths)}");
        return Answer;
    }

    public Task<IReadOnlyList<HandoverReport>> HistoryAsync(HistoryQuery query, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<HandoverReport>>([]);

    public Task RescanAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<long> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) => Task.FromResult(1L);

    public Task ApproveAsync(Guid domain, TimeSpan? maxPause, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task DeferAsync(Guid domain, DateTimeOffset until, string reason, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task UndeferAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task SetPolicyAsync(Guid domain, PolicyChange change, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task<string> PrepareAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Task.FromResult("");

    public Task PauseQueueAsync(string reason, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ResumeQueueAsync(BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task AssessAllAsync(BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task CancelAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;

    public Task RetryAsync(Guid domain, BusCaller caller, CancellationToken cancellationToken) => Task.CompletedTask;
}
