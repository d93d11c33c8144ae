namespace VirtHandover.Qemu;

/// <summary>What QEMU says of itself when a monitor is opened.</summary>
/// <param name="Version">For example <c>7.2.22</c>.</param>
public sealed record QmpGreeting(Version Version);
