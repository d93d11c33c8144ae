using VirtHandover.Linux;

namespace VirtHandover.Handover.Journal;

/// <summary>A tap of the source as it was before the target got it.</summary>
/// <param name="Descriptor">Its descriptor's number in the source.</param>
/// <param name="Device">Its settings.</param>
public sealed record SavedTap(int Descriptor, TapDevice Device);
