using VirtHandover.Contract;
using VirtHandover.Handover;

namespace VirtHandover.Queue;

/// <summary>Everything that can happen to one domain's upgrade.</summary>
public abstract record UpgradeEvent
{
    private UpgradeEvent()
    {
    }

    /// <summary>A scan saw the domain.</summary>
    /// <param name="IsOutdated">A handover would change what it runs on.</param>
    /// <param name="SameInstance">It is the QEMU process that the last scan saw.</param>
    /// <param name="SameTarget">The installed QEMU is the build that the last scan saw.</param>
    /// <param name="Assessment">The preflight's result; null when it was not run.</param>
    public sealed record Seen(bool IsOutdated, bool SameInstance, bool SameTarget, Assessment? Assessment) : UpgradeEvent;

    /// <summary>Somebody wants the handover.</summary>
    /// <param name="By">Who.</param>
    /// <param name="MaxPause">How long the guest may stand still in this handover; null: as its policy says.</param>
    public sealed record Approve(string By, TimeSpan? MaxPause = null) : UpgradeEvent;

    /// <summary>Somebody wants it later.</summary>
    /// <param name="Until">Not before this moment.</param>
    /// <param name="By">Who.</param>
    /// <param name="Reason">Why; may be empty.</param>
    public sealed record Defer(DateTimeOffset Until, string By, string Reason = "") : UpgradeEvent;

    /// <summary>Somebody ends a deferral before its time.</summary>
    public sealed record Undefer : UpgradeEvent;

    /// <summary>Somebody does not want it now.</summary>
    /// <param name="By">Who.</param>
    public sealed record Cancel(string By) : UpgradeEvent;

    /// <summary>Somebody has looked at a failure or a blocker and wants a new preflight.</summary>
    public sealed record Retry : UpgradeEvent;

    /// <summary>Time has passed.</summary>
    public sealed record Tick : UpgradeEvent;

    /// <summary>The scheduler starts its approved handover.</summary>
    /// <param name="Id">The handover's number.</param>
    public sealed record Start(long Id) : UpgradeEvent;

    /// <summary>The scheduler starts what somebody asked for by name, whatever the state.</summary>
    /// <param name="Id">The handover's number.</param>
    /// <param name="Rehearse">Stop after the twin check.</param>
    /// <param name="By">Who asked.</param>
    public sealed record StartAsked(long Id, bool Rehearse, string By) : UpgradeEvent;

    /// <summary>The handover entered a phase.</summary>
    /// <param name="Id">The handover's number.</param>
    /// <param name="Phase">The phase.</param>
    /// <param name="At">When, on the host's clock.</param>
    public sealed record Entered(long Id, HandoverPhase Phase, DateTimeOffset At) : UpgradeEvent;

    /// <summary>The handover copies memory.</summary>
    /// <param name="Id">The handover's number.</param>
    /// <param name="Progress">0 to 1.</param>
    public sealed record Copying(long Id, double Progress) : UpgradeEvent;

    /// <summary>The handover is over.</summary>
    /// <param name="Report">Its result; its number says which.</param>
    public sealed record Ended(HandoverReport Report) : UpgradeEvent;

    /// <summary>The service ended before the handover had begun: nothing has happened to the domain.</summary>
    /// <param name="Id">The handover's number.</param>
    public sealed record NotBegun(long Id) : UpgradeEvent;
}
