using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Logging;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>Looks at all domains whenever there is reason to, and takes what it sees over into the queue.</summary>
public sealed class Scanner : IDisposable
{
    private static readonly TimeSpan AssessLimit = TimeSpan.FromSeconds(60);
    private static readonly Backoff Retry = new(TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(60));
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
    private readonly Dictionary<Guid, (QemuInstance Instance, Task<Assessment> Task)> _late = [];
    private readonly Movement _movement;
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
        _movement = new Movement(parts.Time);
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
        _movement.Begin();
        try
        {
            _movement.Step();
            var started = _parts.Time.GetUtcNow();
            var ticket = _queue.BeginScan();
            var seen = await DetectAsync(cancellationToken).ConfigureAwait(false);
            _queue.Merge(await AssessAsync(seen, reassess, cancellationToken).ConfigureAwait(false), ticket);
            _lastGood = started;
            _failures = 0;
            _trigger.Rearm(_parts.Options.RescanInterval);
            Scanned?.Invoke(EmulatorsOf(seen));
            return true;
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            var delay = Retry.After(_failures++);
            _trigger.Rearm(delay);
            Failed(e, delay);
            return false;
        }
        finally
        {
            _firstLook.TrySetResult();
            _movement.End();
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
                _movement.Step();
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

    /// <summary>Whether scans come to their ends. For the watchdog, which asks now and then: a loop that hangs does not end.</summary>
    /// <returns>False when a scan has made no step for some minutes.</returns>
    public bool MovesOn() => _movement.MovesOn(_parts.Detector.Looks);

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
            _parts.Log.ForContext(new About(null) { Uuid = domain.Uuid }).Debug("The policy of {Domain} could not be read: {Reason}", domain.Name, e.Message);
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
        foreach (var gone in _late.Where(one => one.Value.Task.IsCompleted).Select(one => one.Key).Except(seen.Select(one => one.Domain.Uuid)).ToList())
        {
            _late.Remove(gone);
        }

        foreach (var one in seen)
        {
            _movement.Step();
            assessed.Add((all && !_queue.IsRunning(one.Domain.Uuid)) || _queue.WantsAssessment(one.Domain, one.Instance, reassess)
                ? one with { Assessment = await AssessAsync(one.Domain, one.Instance, cancellationToken).ConfigureAwait(false) }
                : one);
        }

        return assessed;
    }

    /// <summary>
    /// One VM's preflight. The others do not wait longer for it than <see cref="ForeignBounds.Preflight"/>: what comes later counts at the next scan,
    /// which it brings
    /// about, and as long as it has not come no second one is begun.
    /// </summary>
    private async Task<Assessment?> AssessAsync(DetectedDomain domain, QemuInstance instance, CancellationToken cancellationToken)
    {
        if (_late.TryGetValue(domain.Uuid, out var late))
        {
            if (!late.Task.IsCompleted)
                return null;
            _late.Remove(domain.Uuid);
            if (late.Instance == instance && late.Task.IsCompletedSuccessfully)
                return await late.Task.ConfigureAwait(false);
        }

        try
        {
            var limit = new CancellationTokenSource(AssessLimit, _parts.Time);
            // In a thread of its own: what it reads of a process may hang in the kernel.
            var assessing = Task.Factory.StartNew(
                () => _parts.Runner.AssessAsync(domain.Uuid, limit.Token),
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default).Unwrap();
            _ = assessing.ContinueWith(
                ended =>
                {
                    _ = ended.Exception;
                    limit.Dispose();
                },
                CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await Task.WhenAny(assessing, Task.Delay(ForeignBounds.Preflight, _parts.Time, cancellationToken)).ConfigureAwait(false);
            if (!assessing.IsCompleted)
            {
                cancellationToken.ThrowIfCancellationRequested();
                _late[domain.Uuid] = (instance, assessing);
                _ = assessing.ContinueWith(
                    _ => _trigger.Ask(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);
                throw new TimeoutException($"it took longer than {ForeignBounds.Preflight.TotalSeconds:0} s");
            }

            return await assessing.ConfigureAwait(false);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            _parts.Log.ForContext(new About(MessageKind.ScanFailed) { Uuid = domain.Uuid }).Warning(
                "The preflight of {Domain} gave no result ({Reason}); it stays pending and is tried again at the next scan.",
                domain.Name, e.Message);
            return null;
        }
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
            _parts.Log.ForContext(new About(MessageKind.ScanFailed)).Warning("{Sentence}", sentence ?? e.Message);
        }
    }

    private static HashSet<string> EmulatorsOf(IReadOnlyList<ScannedDomain> seen) =>
    [
        .. seen.SelectMany(one => new[] { one.Domain.Running.Path, one.Domain.Installed?.Path })
            .OfType<string>()
            .Where(path => path.StartsWith('/')),
    ];
}
