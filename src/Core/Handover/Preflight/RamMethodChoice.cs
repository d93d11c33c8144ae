using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>How the guest's memory would reach the target.</summary>
/// <param name="Method">Null when there is no way.</param>
/// <param name="Reason">Why, in one sentence.</param>
/// <param name="Findings">What was noticed on the way.</param>
internal sealed record RamMethodChoice(RamMethod? Method, string Reason, IReadOnlyList<Finding> Findings)
{
    /// <summary>The guest must stand still while it is copied.</summary>
    internal bool StandsStill { get; init; }

    /// <summary>For how long, roughly; null when it does not.</summary>
    internal TimeSpan? EstimatedPause { get; init; }
}
