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

    /// <summary>Begins to listen.</summary>
    /// <param name="programs">Who is told.</param>
    /// <param name="queue">Whose news.</param>
    public NoticeRunner(INoticePrograms programs, UpgradeQueue queue)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _programs = programs;
        _queue = queue;
        queue.Happened += OnHappened;
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
    public void Dispose() => _queue.Happened -= OnHappened;

    private void OnHappened(QueueNews news)
    {
        if (Of(news) is { } notice)
            _notices.Writer.TryWrite(notice);
    }

    private static Notice? Of(QueueNews news)
    {
        switch (news)
        {
            case QueueNews.BecamePending pending:
                var fresh = pending.Upgrades.OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal).ToList();
                var names = string.Join(", ", fresh.Take(5).Select(upgrade => ForeignText.Escape(upgrade.Name))) + (fresh.Count > 5 ? ", …" : "");
                var what = fresh.Count == 1 ? "A VM waits" : $"{fresh.Count} VMs wait";
                return Notice.Of("pending", $"{what} for approval: {names}. See: virt-handover list --filter state:pending", fresh);

            // A rehearsal leads back to the state it came from and is no news.
            case QueueNews.Ended { Report: var report, Upgrade: { State: UpgradeState.Failed failed } upgrade } when failed.Report.Id == report.Id:
                return Notice.Of("failed", report.Sentence, [upgrade], report);
            case QueueNews.Ended { Report: { Outcome: HandoverOutcome.Done } report, Upgrade: { } upgrade }:
                return Notice.Of("done", report.Sentence, [upgrade], report);
            case QueueNews.Paused paused:
                return Notice.Of("paused", paused.Sentence, []);
            default:
                return null;
        }
    }
}
