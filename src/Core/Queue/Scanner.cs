using System.Globalization;
using Microsoft.Extensions.Logging;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>Looks at all domains whenever there is reason to, and takes what it sees over into the queue.</summary>
public sealed class Scanner : IDisposable
{
    private static readonly TimeSpan AssessLimit = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan LongestBackoff = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan TransactionPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan OutagePoll = TimeSpan.FromMilliseconds(100);

    private readonly QueueParts _parts;
    private readonly UpgradeQueue _queue;
    private readonly ScanTrigger _trigger;
    private readonly SemaphoreSlim _scanning = new(1);
    private readonly SemaphoreSlim _detecting = new(1);
    private DateTimeOffset? _transactionSince;
    private DateTimeOffset _lastGood = DateTimeOffset.MinValue;
    private readonly TaskCompletionSource _firstLook = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _failures;
    private volatile bool _assessAll;

    /// <summary>Creates a scanner.</summary>
    /// <param name="parts">What it works with.</param>
    /// <param name="queue">What it feeds.</param>
    public Scanner(QueueParts parts, UpgradeQueue queue)
    {
        ArgumentNullException.ThrowIfNull(parts);
        ArgumentNullException.ThrowIfNull(queue);
        _parts = parts;
        _queue = queue;
        _trigger = new ScanTrigger(parts.Options, parts.Time);
    }

    /// <summary>A scan has succeeded; with the emulators that it saw.</summary>
    public event Action<IReadOnlySet<string>>? Scanned;

    /// <summary>Completes after the first scan, successful or not.</summary>
    public Task FirstLook => _firstLook.Task;

    /// <summary>Asks for a scan at once.</summary>
    public void Ask() => _trigger.Ask();

    /// <summary>Asks for a scan at once with a preflight of every domain, outdated or not.</summary>
    public void AskAll()
    {
        _assessAll = true;
        _trigger.Ask();
    }

    /// <summary>Asks for a scan once things have settled and no package is being installed.</summary>
    public void Hint() => _trigger.Hint();

    /// <summary>Scans until it is told to stop.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var hinted = await _trigger.WaitAsync(cancellationToken).ConfigureAwait(false);
            if (hinted && await IsInstallingAsync(cancellationToken).ConfigureAwait(false))
            {
                _trigger.Postpone(TransactionPoll);
                continue;
            }

            // A handover has stopped libvirt's daemon on purpose: that is no reason for an alarm.
            while (_queue.KeepsLibvirtDown)
            {
                await Task.Delay(OutagePoll, _parts.Time, cancellationToken).ConfigureAwait(false);
            }

            await ScanAsync(reassess: true, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Makes sure that the queue knows what runs now.</summary>
    /// <param name="age">How old the last scan may be.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False when the scan failed.</returns>
    public async Task<bool> RefreshAsync(TimeSpan age, CancellationToken cancellationToken) =>
        _parts.Time.GetUtcNow() - _lastGood <= age || await ScanAsync(reassess: false, cancellationToken).ConfigureAwait(false);

    /// <summary>Scans now.</summary>
    /// <param name="reassess">Run the preflight again where its last result is known.</param>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>False when it failed; the queue's alarm says why.</returns>
    public async Task<bool> ScanAsync(bool reassess, CancellationToken cancellationToken)
    {
        await _scanning.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var started = _parts.Time.GetUtcNow();
            var ticket = _queue.BeginScan();
            var seen = await DetectAsync(cancellationToken).ConfigureAwait(false);
            _queue.Merge(await AssessAsync(seen, reassess, cancellationToken).ConfigureAwait(false), ticket);
            _lastGood = started;
            KeepForCanary(seen);
            _failures = 0;
            _trigger.Rearm(_parts.Options.RescanInterval);
            Scanned?.Invoke(EmulatorsOf(seen));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var delay = Backoff(_failures++);
            _trigger.Rearm(delay);
            Failed(e, delay);
            return false;
        }
        finally
        {
            _firstLook.TrySetResult();
            _scanning.Release();
        }
    }

    /// <summary>Looks at all domains without changing the queue.</summary>
    /// <param name="cancellationToken">Stops it.</param>
    /// <returns>Every running domain.</returns>
    /// <exception cref="LibvirtException">libvirt cannot be reached.</exception>
    public async Task<IReadOnlyList<ScannedDomain>> DetectAsync(CancellationToken cancellationToken)
    {
        await _detecting.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            var domains = await _parts.Detector.ScanAsync(cancellationToken).ConfigureAwait(false);
            var seen = new List<ScannedDomain>();
            foreach (var domain in domains)
            {
                seen.Add(new ScannedDomain(domain, _parts.Identify(domain.ProcessId))
                {
                    Policy = await ReadPolicyAsync(domain, cancellationToken).ConfigureAwait(false),
                });
            }

            return seen;
        }
        finally
        {
            _detecting.Release();
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _scanning.Dispose();
        _detecting.Dispose();
    }

    private async Task<DomainPolicy?> ReadPolicyAsync(DetectedDomain domain, CancellationToken cancellationToken)
    {
        try
        {
            return await _parts.Definitions.ReadPolicyAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
        }
        catch (LibvirtException e) when (!cancellationToken.IsCancellationRequested)
        {
            // It may have ended since it was listed; otherwise the last known policy holds, and without one nothing happens to it.
            _parts.Log.LogDebug("The policy of {Domain} could not be read: {Reason}", domain.Name, e.Message);
            return null;
        }
    }

    private async Task<IReadOnlyList<ScannedDomain>> AssessAsync(
        IReadOnlyList<ScannedDomain> seen, bool reassess, CancellationToken cancellationToken)
    {
        var assessed = new List<ScannedDomain>();

        // Only a scan that nobody waits for: the one before a handover has to be quick.
        var all = reassess && _assessAll;
        _assessAll &= !all;
        foreach (var one in seen)
        {
            assessed.Add((all && !_queue.IsRunning(one.Domain.Uuid)) || _queue.WantsAssessment(one.Domain, one.Instance, reassess)
                ? one with { Assessment = await AssessAsync(one.Domain, cancellationToken).ConfigureAwait(false) }
                : one);
        }

        return assessed;
    }

    private async Task<Assessment?> AssessAsync(DetectedDomain domain, CancellationToken cancellationToken)
    {
        try
        {
            return await _parts.Runner.AssessAsync(domain.Uuid, cancellationToken)
                .WaitAsync(AssessLimit, _parts.Time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _parts.Log.LogWarning(
                "The preflight of {Domain} gave no result ({Reason}); it stays pending and is tried again at the next scan.",
                domain.Name, e.Message);
            return null;
        }
    }

    /// <summary>What runs on the installed QEMU today will run on one that is gone after the next upgrade.</summary>
    private void KeepForCanary(IReadOnlyList<ScannedDomain> seen)
    {
        var running = seen.Select(one => one.Domain.Running).Distinct().ToList();
        _parts.Canary?.Keep([.. seen.Where(one => one.Domain.Installed?.BuildId == one.Domain.Running.BuildId).Select(one => one.Domain.Running).Distinct()], running);
    }

    private async Task<bool> IsInstallingAsync(CancellationToken cancellationToken)
    {
        if (!await _parts.Transaction.IsRunningAsync(cancellationToken).ConfigureAwait(false))
        {
            _transactionSince = null;
            return false;
        }

        _transactionSince ??= _parts.Time.GetUtcNow();
        return _parts.Time.GetUtcNow() - _transactionSince < _parts.Options.TransactionLimit;
    }

    private void Failed(Exception e, TimeSpan delay)
    {
        var next = delay.TotalSeconds.ToString("0", CultureInfo.InvariantCulture);
        var sentence = e switch
        {
            // The queue has raised its own alarm.
            StoreException => null,
            LibvirtException => $"libvirt cannot be reached ({e.Message.TrimEnd('.')}); no handover starts until it can, the VMs run on; next try in {next} s.",
            _ => $"The running VMs could not be examined ({e.Message.TrimEnd('.')}); no handover starts until they can, they run on; next try in {next} s.",
        };
        if (sentence is not null)
        {
            _queue.ScanFailed(sentence);
        }

        // Once in full; repetitions would only fill the journal.
        if (_failures == 1)
        {
            _parts.Log.LogWarning("{Sentence}", sentence ?? e.Message);
        }
    }

    private static TimeSpan Backoff(int failures) =>
        TimeSpan.FromSeconds(Math.Min(Math.Pow(2, Math.Min(failures, 10)), LongestBackoff.TotalSeconds));

    private static HashSet<string> EmulatorsOf(IReadOnlyList<ScannedDomain> seen) =>
    [
        .. seen.SelectMany(one => new[] { one.Domain.Running.Path, one.Domain.Installed?.Path })
            .OfType<string>()
            .Where(path => path.StartsWith('/')),
    ];
}
