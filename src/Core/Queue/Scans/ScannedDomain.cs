using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>One domain as a scan saw it.</summary>
/// <param name="Domain">What detection says.</param>
/// <param name="Instance">The QEMU process.</param>
/// <param name="Assessment">What the preflight says; null when it was not asked.</param>
public sealed record ScannedDomain(DetectedDomain Domain, QemuInstance Instance, Assessment? Assessment = null)
{
    /// <summary>Its own policy; null when it could not be read.</summary>
    public DomainPolicy? Policy { get; init; } = DomainPolicy.None;
}
