using System.Threading.Channels;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Collects what happens in the queue, and has the administrator's own programs told, one piece after the other.</summary>
public sealed class NoticeRunner : IDisposable
{
    private readonly INoticePrograms _programs;
    private readonly UpgradeQueue _queue;
    private readonly Channel<Notice> _notices =
        Channel.CreateBounded<Notice>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Lock _lock = new();
    private HashSet<Guid> _pending;

    /// <summary>Begins to listen; what is pending already is no news.</summary>
    /// <param name="programs">Who is told.</param>
    /// <param name="queue">Whose news.</param>
    public NoticeRunner(INoticePrograms programs, UpgradeQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _programs = programs;
        _queue = queue;
        _pending = [.. Pending().Select(upgrade => upgrade.Domain)];
        queue.Changed += OnChanged;
        queue.Ended += OnEnded;
        queue.Paused += OnPaused;
    }

    /// <summary>Has them told until it is told to stop.</summary>
    /// <param name="cancellationToken">Stops it, and what runs.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var notice in _notices.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            await _programs.TellAsync(notice, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Changed -= OnChanged;
        _queue.Ended -= OnEnded;
        _queue.Paused -= OnPaused;
    }

    private IEnumerable<Upgrade> Pending() => _queue.Snapshot().Upgrades.Where(upgrade => upgrade.State is UpgradeState.Pending);

    private void OnChanged()
    {
        lock (_lock)
        {
            var pending = Pending().ToList();
            var fresh = pending.Where(upgrade => !_pending.Contains(upgrade.Domain)).ToList();
            _pending = [.. pending.Select(upgrade => upgrade.Domain)];
            if (fresh.Count > 0)
            {
                var names = string.Join(", ", fresh.Take(5).Select(upgrade => ForeignText.Escape(upgrade.Name))) + (fresh.Count > 5 ? ", …" : "");
                var what = fresh.Count == 1 ? "A VM waits" : $"{fresh.Count} VMs wait";
                _notices.Writer.TryWrite(Notice.Of("pending", $"{what} for approval: {names}. See: virt-handover list --filter state:pending", fresh));
            }
        }
    }

    private void OnEnded(HandoverReport report)
    {
        if (_queue.Snapshot().Upgrades.FirstOrDefault(upgrade => upgrade.Domain == report.Domain) is not { } domain)
        {
            return;
        }

        // A rehearsal leads back to the state it came from and is no news.
        var word = domain.State is UpgradeState.Failed failed && failed.Report.Id == report.Id ? "failed"
            : report.Outcome == HandoverOutcome.Done ? "done" : "";
        if (word.Length > 0)
        {
            _notices.Writer.TryWrite(Notice.Of(word, report.Sentence, [domain], report));
        }
    }

    private void OnPaused(string sentence) => _notices.Writer.TryWrite(Notice.Of("paused", sentence, []));
}
