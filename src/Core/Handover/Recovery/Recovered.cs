using VirtHandover.Contract;

namespace VirtHandover.Handover.Recovery;

/// <summary>What a recovery achieved for one VM, but for libvirt's return.</summary>
/// <param name="Outcome">How the handover has ended.</param>
/// <param name="Sentence">What state the VM is in now.</param>
/// <param name="Warnings">What could not be restored; none of it stops the guest.</param>
internal sealed record Recovered(HandoverOutcome Outcome, string Sentence, IReadOnlyList<Finding> Warnings)
{
    internal Recovered(HandoverOutcome outcome, string sentence)
        : this(outcome, sentence, [])
    {
    }

    /// <summary>When that was.</summary>
    internal DateTimeOffset At { get; } = TimeProvider.System.GetUtcNow();

    /// <summary>libvirt has to say that it has the VM before that is reported.</summary>
    internal bool IsAwaited { get; init; }
}
