using System.Threading.Channels;
using Microsoft.Extensions.Logging;
using VirtHandover.Handover;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Queue;

/// <summary>Tells the administrator's own programs in <c>notify.d</c> what happens, one after the other, each for a bounded time.</summary>
public sealed class NoticeRunner : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);
    private static readonly string[] Leftovers = ["~", ".rpmnew", ".rpmsave", ".rpmorig", ".dpkg-old", ".dpkg-new", ".bak", ".swp"];

    private readonly string _directory;
    private readonly UpgradeQueue _queue;
    private readonly ILogger _log;
    private readonly Channel<Notice> _notices =
        Channel.CreateBounded<Notice>(new BoundedChannelOptions(1000) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly Lock _lock = new();
    private HashSet<Guid> _pending;

    /// <summary>Begins to listen; what is pending already is no news.</summary>
    /// <param name="directory">Where the programs are; it may be missing.</param>
    /// <param name="queue">Whose news.</param>
    /// <param name="log">The service's log.</param>
    public NoticeRunner(string directory, UpgradeQueue queue, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(queue);
        _directory = directory;
        _queue = queue;
        _log = log;
        _pending = [.. Pending().Select(upgrade => upgrade.Domain)];
        queue.Changed += OnChanged;
        queue.Ended += OnEnded;
        queue.Paused += OnPaused;
    }

    /// <summary>Runs the programs until it is told to stop.</summary>
    /// <param name="cancellationToken">Stops it, and what runs.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await foreach (var notice in _notices.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            foreach (var program in Programs())
            {
                await RunAsync(program, notice, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _queue.Changed -= OnChanged;
        _queue.Ended -= OnEnded;
        _queue.Paused -= OnPaused;
    }

    private async Task RunAsync(string program, Notice notice, CancellationToken cancellationToken)
    {
        var command = ProgramPath.Command(program).WithArguments([notice.Event]).WithWorkingDirectory("/").WithEnvironmentVariables(notice.Environment);
        var (code, word) = await BoundedCommand.RunAsync(command, Limit, cancellationToken).ConfigureAwait(false);
        if (code != 0)
        {
            _log.LogWarning(
                "{Program} was told \"{Event}\" and failed ({Reason}); nothing else depends on it.",
                program, notice.Event, word.Length > 0 ? word : $"exit code {code}");
        }
    }

    /// <summary>They run as root, so only root may have written them.</summary>
    private List<string> Programs()
    {
        var programs = new List<string>();
        try
        {
            string[] paths = Directory.Exists(_directory) ? Directory.GetFiles(_directory) : [];
            foreach (var path in paths.Order(StringComparer.Ordinal))
            {
                var name = Path.GetFileName(path);
                if (name.StartsWith('.') || Leftovers.Any(end => name.EndsWith(end, StringComparison.Ordinal))
                    || FileIdentity.Of(path) is not { IsRegular: true, IsExecutable: true } file)
                {
                    continue;
                }

                if (file.UserId != 0 || (file.Mode & 0x12) != 0)
                {
                    _log.LogWarning("{Program} is not run: it has to belong to root and nobody else may write it.", path);
                    continue;
                }

                programs.Add(path);
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            _log.LogWarning("The programs in {Directory} cannot be listed: {Reason}", _directory, e.Message);
        }

        return programs;
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
                var names = string.Join(", ", fresh.Take(5).Select(upgrade => Printable.Escape(upgrade.Name))) + (fresh.Count > 5 ? ", …" : "");
                var what = fresh.Count == 1 ? "A VM waits" : $"{fresh.Count} VMs wait";
                _notices.Writer.TryWrite(new Notice("pending", $"{what} for approval: {names}. See: virt-handover list --state pending", fresh));
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
            _notices.Writer.TryWrite(new Notice(word, report.Sentence, [domain], report));
        }
    }

    private void OnPaused(string sentence) => _notices.Writer.TryWrite(new Notice("paused", sentence, []));
}
