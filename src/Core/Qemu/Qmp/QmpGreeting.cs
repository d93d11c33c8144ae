namespace VirtHandover.Qemu;

/// <summary>What QEMU says of itself when a monitor is opened.</summary>
/// <param name="Version">For example <c>7.2.22</c>.</param>
/// <param name="Package">The packager's addition, for example <c>Debian 1:7.2+dfsg-7+deb12u18+b3</c>; may be empty.</param>
public sealed record QmpGreeting(Version Version, string Package);
