using System.Collections.Concurrent;
using Serilog;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Server;

/// <summary>Shows every change of the queue on the bus. Changes that come quickly become one, and progress is told twice a second at most.</summary>
public sealed class QueuePublisher : IDisposable
{
    private static readonly TimeSpan ProgressPause = TimeSpan.FromMilliseconds(500);

    private readonly UpgradeQueue _queue;
    private readonly string _version;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly Wakeup _wakeup = new();
    private readonly ConcurrentQueue<HandoverReport> _ended = new();
    private readonly ConcurrentQueue<TaskCompletionSource> _awaited = new();
    private readonly Dictionary<Guid, (double Progress, DateTimeOffset At)> _told = [];

    /// <summary>Creates a publisher.</summary>
    /// <param name="queue">What it shows.</param>
    /// <param name="version">The service's version.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The service's log.</param>
    public QueuePublisher(UpgradeQueue queue, string version, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _queue = queue;
        _version = version;
        _time = time;
        _log = log;
        _queue.Changed += _wakeup.Set;
        _queue.Happened += OnHappened;
    }

    /// <summary>The queue as it is now.</summary>
    /// <returns>What the server shows first.</returns>
    public HostView View()
    {
        var queue = _queue.Snapshot();
        return new HostView(
            _version,
            PolicyWords.Of(queue.Mode),
            queue.Alarm,
            queue.LastScan,
            DomainViews.Fitting([.. queue.Upgrades.Select(upgrade => DomainViews.Of(upgrade, queue))]))
        {
            QueueState = queue.QueueState,
            QueueReason = queue.QueueReason,
            PauseBudgetMicroseconds = (long)queue.MaxPause.TotalMicroseconds,
        };
    }

    /// <summary>
    /// Waits until what the queue is now can be read on the bus: whoever has been told that a call has succeeded reads what it
    /// brought about, and not what was before.
    /// </summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    public Task ShownAsync(CancellationToken cancellationToken)
    {
        var shown = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        _awaited.Enqueue(shown);
        _wakeup.Set();
        return shown.Task.WaitAsync(cancellationToken);
    }

    /// <summary>Publishes until it is told to stop or the bus is gone.</summary>
    /// <param name="server">Where to.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(HandoverServer server, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(server);
        try
        {
            while (true)
            {
                // Reports first, the view after: what ended before is in the view for certain.
                var ended = new List<HandoverReport>();
                while (_ended.TryDequeue(out var report))
                {
                    ended.Add(report);
                }

                var awaited = new List<TaskCompletionSource>();
                while (_awaited.TryDequeue(out var one))
                {
                    awaited.Add(one);
                }

                var view = View();
                var (limited, again) = Limited(view, _time.GetUtcNow());
                await server.PublishAsync(limited).ConfigureAwait(false);
                awaited.ForEach(one => one.TrySetResult());
                foreach (var report in ended)
                {
                    await server.EndedAsync(report).ConfigureAwait(false);
                }

                await _wakeup.WaitAsync(again, _time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (ServiceException e)
        {
            // The service ends when its bus does; nothing is lost, clients read everything again.
            _log.Warning("{Reason}", e.Message);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Changed -= _wakeup.Set;
        _queue.Happened -= OnHappened;
    }

    /// <summary>Holds progress back that comes too quickly.</summary>
    /// <returns>What to show, and when to show what was held back; null when nothing was.</returns>
    internal (HostView View, DateTimeOffset? Again) Limited(HostView view, DateTimeOffset now)
    {
        DateTimeOffset? again = null;
        var domains = view.Domains.Select(domain =>
        {
            var (progress, at) = _told.GetValueOrDefault(domain.Uuid, (-1, DateTimeOffset.MinValue));
            if (domain.Progress < 0)
            {
                _told.Remove(domain.Uuid);
                return domain;
            }

            if (domain.Progress.Equals(progress))
            {
                return domain;
            }

            if (now - at >= ProgressPause)
            {
                _told[domain.Uuid] = (domain.Progress, now);
                return domain;
            }

            again = at + ProgressPause;
            return domain with { Progress = progress };
        }).ToList();
        return (view with { Domains = domains }, again);
    }

    private void OnHappened(QueueNews news)
    {
        if (news is QueueNews.Ended { Report: var report })
        {
            _ended.Enqueue(report);
            _wakeup.Set();
        }
    }
}
