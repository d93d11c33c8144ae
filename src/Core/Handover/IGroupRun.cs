using VirtHandover.Contract;
using VirtHandover.Handover.Journal;

namespace VirtHandover.Handover;

/// <summary>One VM of a group: its steps, each of which needs what the one before has made, and how it is reported to have ended.</summary>
/// <typeparam name="TTwin">What Prepare makes.</typeparam>
/// <typeparam name="TTarget">What a move makes.</typeparam>
internal interface IGroupRun<TTwin, TTarget>
{
    /// <summary>The VM, as a sentence names it.</summary>
    string Subject { get; }

    /// <summary>Its journal.</summary>
    HandoverJournal Journal { get; }

    /// <summary>How it was reported to have ended; null while it was not.</summary>
    HandoverOutcome? Outcome { get; }

    /// <summary>True when it failed for a reason that says nothing about the VMs beside it.</summary>
    bool FailedAlone { get; }

    /// <summary>True once its asker has taken it back.</summary>
    bool IsCancelled { get; }

    /// <summary>True once the old QEMU has ended. As long as the guest was not paused by this handover that is its own business.</summary>
    bool SourceHasEnded { get; }

    /// <summary>Begin and Prepare, and the bulk of a copy. libvirt is up and the guest runs.</summary>
    /// <returns>The twin; null when it ended here, which was then reported.</returns>
    /// <exception cref="UnfinishedException">A copy could not be cancelled.</exception>
    Task<TTwin?> PrepareAsync();

    /// <summary>libvirt is about to be stopped, for all of the group.</summary>
    void EnterQuiesce();

    /// <summary>Moves the guest and puts the target in the source's place. libvirt is down, and every exception leaves it so.</summary>
    /// <param name="twin">The twin.</param>
    /// <param name="limit">When libvirt has to come back.</param>
    /// <returns>The target, ready for libvirt to adopt it.</returns>
    /// <exception cref="UnfinishedException">Only the journal can say how it has to end.</exception>
    /// <exception cref="OperationCanceledException">Taken back; the guest runs on in the source.</exception>
    Task<TTarget> MoveAsync(TTwin twin, OutageLimit limit);

    /// <summary>Undoes Prepare while libvirt is down: the target ends, and with it a copy that is under way.</summary>
    /// <param name="twin">The twin.</param>
    /// <param name="limit">When libvirt has to come back.</param>
    /// <exception cref="UnfinishedException">A copy could not be cancelled.</exception>
    Task DropAsync(TTwin twin, OutageLimit limit);

    /// <summary>Undoes Prepare while libvirt is up.</summary>
    /// <param name="twin">The twin.</param>
    /// <exception cref="UnfinishedException">A copy could not be cancelled.</exception>
    Task WithdrawAsync(TTwin twin);

    /// <summary>libvirt is back: waits until it says that it has the VM, and reports.</summary>
    /// <param name="target">The target.</param>
    /// <param name="outage">How long libvirt was away.</param>
    /// <exception cref="UnfinishedException">libvirt does not manage it.</exception>
    Task ConfirmAsync(TTarget target, IOutage outage);

    /// <summary>Reports a failure that left the guest in the source.</summary>
    /// <param name="exception">The failure.</param>
    /// <param name="outage">How long libvirt was away; null when it was not stopped.</param>
    void End(Exception exception, IOutage? outage = null);

    /// <summary>Reports that it was not tried.</summary>
    /// <param name="because">What kept it from being tried, behind "because".</param>
    /// <param name="outage">How long libvirt was away; null when it was not stopped.</param>
    void Postpone(string because, IOutage? outage);

    /// <summary>Reports what a recovery has made of it.</summary>
    /// <param name="ended">The recovery's report.</param>
    void Take(HandoverReport ended);

    /// <summary>Tells the administrator.</summary>
    /// <param name="sentence">What.</param>
    void Alarm(string sentence);

    /// <summary>Each monitor has room for one client: lets go of both, for a recovery.</summary>
    void LetGo();
}
