namespace VirtHandover.Bus;

/// <summary>A method call to be sent.</summary>
/// <param name="Destination">The bus name.</param>
/// <param name="Path">The object.</param>
/// <param name="Interface">The interface.</param>
/// <param name="Member">The method.</param>
/// <param name="Arguments">The arguments.</param>
internal sealed record BusRequest(string Destination, string Path, string Interface, string Member, params IReadOnlyList<BusValue> Arguments)
{
    /// <summary>How long to wait for the reply; null for D-Bus's usual 25 s, <see cref="System.Threading.Timeout.InfiniteTimeSpan"/> for ever.</summary>
    internal TimeSpan? Timeout { get; init; }

    /// <summary>Start the service when it does not run.</summary>
    internal bool AutoStart { get; init; } = true;

    /// <summary>Somebody may be asked for a password before it is answered (<c>ALLOW_INTERACTIVE_AUTHORIZATION</c>).</summary>
    internal bool Interactive { get; init; }

    /// <summary>A call to the bus itself.</summary>
    internal static BusRequest ToBus(string member, params IReadOnlyList<BusValue> arguments) =>
        new("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", member, arguments);
}
