namespace VirtHandover.Handover;

/// <summary>What one of the handovers that run together tells.</summary>
/// <param name="Id">The handover's number.</param>
/// <param name="Progress">What it tells.</param>
public sealed record HandoverNews(long Id, HandoverProgress Progress);
