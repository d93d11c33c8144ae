using System.Text.Json.Serialization;
using VirtHandover.Contract;

namespace VirtHandover.Handover;

/// <summary>What a running handover tells its observer. The last one is always <see cref="Ended"/>.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Entered), "entered")]
[JsonDerivedType(typeof(Copying), "copying")]
[JsonDerivedType(typeof(Alarm), "alarm")]
[JsonDerivedType(typeof(Ended), "ended")]
public abstract record HandoverProgress
{
    private HandoverProgress()
    {
    }

    /// <summary>A phase has begun.</summary>
    /// <param name="Phase">The phase.</param>
    /// <param name="At">When, on the host's clock.</param>
    public sealed record Entered(HandoverPhase Phase, DateTimeOffset At) : HandoverProgress;

    /// <summary>Memory is being copied (<see cref="RamMethod.Copy"/> only).</summary>
    /// <param name="Transferred">Bytes moved so far.</param>
    /// <param name="Remaining">Bytes left in this round (QMP <c>query-migrate</c>, <c>ram.remaining</c>).</param>
    public sealed record Copying(long Transferred, long Remaining) : HandoverProgress;

    /// <summary>It cannot be brought to an end yet; it is tried again until it can.</summary>
    /// <param name="Sentence">What the administrator has to read.</param>
    public sealed record Alarm(string Sentence) : HandoverProgress;

    /// <summary>It is over.</summary>
    /// <param name="Report">The result.</param>
    public sealed record Ended(HandoverReport Report) : HandoverProgress;
}
