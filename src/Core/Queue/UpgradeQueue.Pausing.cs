using System.Globalization;
using VirtHandover.Foreign;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    /// <summary>The queue has been paused, by whomever; with the sentence that says why.</summary>
    public event Action<string>? Paused;

    /// <summary>Starts no further approved handover until <see cref="Resume"/>; kept over restarts.</summary>
    /// <param name="reason">Why; may be empty.</param>
    /// <param name="by">Who.</param>
    /// <exception cref="QueueException">The database cannot be written; nothing was changed.</exception>
    public void Pause(string reason, string by)
    {
        ArgumentNullException.ThrowIfNull(reason);
        var why = reason.Trim() is { Length: > 0 } text ? $": {ForeignText.Escape(text).TrimEnd('.')}." : ".";
        Control(control => control with
        {
            Pause = new QueuePause(by, _time.GetUtcNow(), $"The queue was paused by {by}{why} Let it go on: virt-handover queue resume"),
        });
    }

    /// <summary>Starts handovers again, and counts failed ones from 0.</summary>
    /// <exception cref="QueueException">It is not paused, or the database cannot be written; nothing was changed.</exception>
    public void Resume() => Control(control => control.Pause is null
        ? throw new QueueException(QueueFault.WrongState, "The queue is not paused; there is nothing to resume.")
        : control with { Pause = null, Failures = 0 });

    /// <summary>Something outside holds the whole fleet, or no longer.</summary>
    /// <param name="sentence">What, and what to do about it; empty when nothing does.</param>
    public void SetHold(string sentence)
    {
        ArgumentNullException.ThrowIfNull(sentence);
        var changes = new Changes();
        lock (_lock)
        {
            changes.Any = _hold != sentence;
            _hold = sentence;
        }

        Announce(changes);
    }

    /// <summary>A package is being installed, or no longer: shown to those who wait for its end.</summary>
    /// <param name="runs">Whether one is.</param>
    internal void SetTransaction(bool runs)
    {
        var changes = new Changes();
        lock (_lock)
        {
            changes.Any = _transactionRuns != runs;
            _transactionRuns = runs;
        }

        Announce(changes);
    }

    private void Control(Func<QueueControl, QueueControl> change)
    {
        var changes = new Changes { Any = true };
        lock (_lock)
        {
            try
            {
                var before = _control;
                Commit_NeedsLock([], control: change(_control));
                TellPause_NeedsLock(before, isByItself: false, changes);
            }
            catch (StoreException e)
            {
                throw NotRecorded_NeedsLock(e);
            }
        }

        Announce(changes);
    }

    private void TellPause_NeedsLock(QueueControl before, bool isByItself, Changes changes)
    {
        if (_control.Pause is { } pause && pause != before.Pause)
        {
            changes.News.Add(new QueueNews.Paused(pause.Sentence, isByItself));
        }
    }

    /// <summary>The queue as a whole, in a word and in sentences.</summary>
    private (string Word, string Reason) Standing_NeedsLock() => (_control.Pause, _hold) switch
    {
        ({ } pause, "") => ("paused", pause.Sentence),
        ({ } pause, _) => ("paused", $"{pause.Sentence} {_hold}"),
        (_, "") => ("running", ""),
        _ => ("held", _hold),
    };

    // Neither a window nor a paused queue keeps what was asked for by name; see NextAsked_NeedsLock.
    private string AskedReason_NeedsLock(Upgrade upgrade) =>
        _hold.Length > 0 ? _hold
        : PolicyOf(upgrade).Mode == PolicyMode.Never ? Capitalized(NeverSentence(upgrade))
        : "";

    /// <summary>Why a domain that is approved, or was asked for by name, does not start yet.</summary>
    private string WaitReason_NeedsLock(Upgrade upgrade, DateTimeOffset now)
    {
        if (upgrade.State is not UpgradeState.Approved)
        {
            return _asked.Exists(asked => asked.Domain == upgrade.Domain && !asked.Rehearse) ? AskedReason_NeedsLock(upgrade) : "";
        }

        var reasons = new List<string>();
        if (Standing_NeedsLock() is { Reason.Length: > 0 } standing)
        {
            reasons.Add(standing.Reason);
        }

        if (upgrade.Policy is null && _scanIsGood)
        {
            reasons.Add("Its policy could not be read from libvirt.");
        }

        var policy = PolicyOf(upgrade);
        if (policy.Mode == PolicyMode.Never)
        {
            reasons.Add(Capitalized(NeverSentence(upgrade)));
        }

        if (WindowOf_NeedsLock(upgrade, now) is { IsOpen: false } window)
        {
            reasons.Add(window.Change is { } change
                ? string.Create(
                    CultureInfo.InvariantCulture,
                    $"Its maintenance window ({policy.Window.Text}) opens at {TimeZoneInfo.ConvertTime(change, _time.LocalTimeZone):yyyy-MM-dd HH:mm zzz}.")
                : $"Its maintenance window ({policy.Window.Text}) does not open within two weeks.");
        }

        if (upgrade.Installed is null)
        {
            reasons.Add("There is no installed QEMU to move it to.");
        }

        if (!_scanIsGood)
        {
            reasons.Add("The running VMs have not been examined yet, or could not be.");
        }

        if (PutOffReason_NeedsLock(now) is { } reason)
        {
            reasons.Add(reason);
        }

        if (_interrupted.Count > 0)
        {
            reasons.Add("The result of an earlier handover is still being recovered.");
        }

        if (_upgrades.Values.FirstOrDefault(other => other.State is UpgradeState.Running) is { } running)
        {
            reasons.Add($"The handover of {ForeignText.Escape(running.Name)} is running; the next ones start when it has ended.");
        }
        else if (_transactionRuns)
        {
            reasons.Add("A package transaction is under way; handovers wait for its end.");
        }

        return string.Join(' ', reasons);
    }

    private static string Capitalized(string sentence) => char.ToUpperInvariant(sentence[0]) + sentence[1..];
}
