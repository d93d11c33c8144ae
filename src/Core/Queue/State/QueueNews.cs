using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>What has happened in the queue, when it is on disk and can be read. Each thing is told once, however often the queue is looked at.</summary>
public abstract record QueueNews
{
    private QueueNews()
    {
    }

    /// <summary>Files were replaced, and a scan has found VMs that are outdated by it.</summary>
    /// <param name="Replaced">What was replaced: a QEMU with the version that is installed now, or the path of a library.</param>
    /// <param name="Outdated">How many VMs run on what was there before.</param>
    /// <param name="Running">How many VMs run.</param>
    public sealed record UpdateNoticed(IReadOnlyList<string> Replaced, int Outdated, int Running) : QueueNews;

    /// <summary>VMs wait for an approval; nobody has asked for just that.</summary>
    /// <param name="Upgrades">They.</param>
    public sealed record BecamePending(IReadOnlyList<Upgrade> Upgrades) : QueueNews;

    /// <summary>A handover was approved.</summary>
    /// <param name="Upgrade">The VM.</param>
    /// <param name="By">Who did, a person or a policy.</param>
    public sealed record Approved(Upgrade Upgrade, string By) : QueueNews;

    /// <summary>A handover or a rehearsal was started.</summary>
    /// <param name="Upgrade">The VM.</param>
    /// <param name="Running">Its state.</param>
    public sealed record Started(Upgrade Upgrade, UpgradeState.Running Running) : QueueNews;

    /// <summary>A handover or a rehearsal has ended, or will not be started.</summary>
    /// <param name="Report">Its result.</param>
    /// <param name="Upgrade">The VM after it; null when it does not run any more.</param>
    public sealed record Ended(HandoverReport Report, Upgrade? Upgrade) : QueueNews;

    /// <summary>The queue was paused.</summary>
    /// <param name="Sentence">By whom and why.</param>
    /// <param name="IsByItself">Whether no person has paused it.</param>
    public sealed record Paused(string Sentence, bool IsByItself) : QueueNews;
}
