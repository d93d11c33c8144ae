namespace VirtHandover.Bus;

/// <summary>Who is at the other end of a call.</summary>
/// <param name="Name">The unique name, for example <c>:1.42</c>; it is never given to another connection.</param>
/// <param name="UserId">The Unix user, as the kernel told the bus.</param>
public sealed record BusCaller(string Name, uint UserId)
{
    /// <summary>The user's login name; empty when it is not known.</summary>
    public string Login { get; init; } = "";

    /// <summary>The user for the administrator to read, for example <c>ana (uid 1000)</c>.</summary>
    /// <returns>Login name and number, as far as they are known.</returns>
    public override string ToString() =>
        Login.Length > 0 ? FormattableString.Invariant($"{Login} (uid {UserId})") : FormattableString.Invariant($"uid {UserId}");
}
