namespace VirtHandover.Bus;

/// <summary>Who is at the other end of a call.</summary>
/// <param name="Name">The unique name, for example <c>:1.42</c>; it is never given to another connection.</param>
/// <param name="UserId">The Unix user, as the kernel told the bus.</param>
public sealed record BusCaller(string Name, uint UserId);
