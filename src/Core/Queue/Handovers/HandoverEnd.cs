using VirtHandover.Contract;

namespace VirtHandover.Queue;

/// <summary>What has become of a handover that was started.</summary>
internal abstract record HandoverEnd
{
    private HandoverEnd()
    {
    }

    /// <summary>It has a result.</summary>
    /// <param name="Report">The result.</param>
    public sealed record Ended(HandoverReport Report) : HandoverEnd;

    /// <summary>It has not begun.</summary>
    /// <param name="Record">The handover.</param>
    /// <param name="Why">Why not.</param>
    public sealed record Back(HandoverRecord Record, NotBegun Why) : HandoverEnd;
}
