namespace VirtHandover.Bus;

/// <summary>A received message, copied: it may be kept and read on any thread.</summary>
/// <param name="Sender">The sender's unique name; empty when there is none.</param>
/// <param name="Path">The object; empty for a reply.</param>
/// <param name="Interface">The interface; empty for a reply.</param>
/// <param name="Member">The method or signal; empty for a reply.</param>
/// <param name="Body">The arguments.</param>
internal sealed record BusMessage(string Sender, string Path, string Interface, string Member, IReadOnlyList<BusValue> Body);
