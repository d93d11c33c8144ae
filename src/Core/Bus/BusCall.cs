namespace VirtHandover.Bus;

/// <summary>A method call that the service received.</summary>
/// <param name="Message">The call, its arguments already checked against the definition's types.</param>
/// <param name="AllowsInteraction">The caller is ready to wait for a password prompt (<c>ALLOW_INTERACTIVE_AUTHORIZATION</c>).</param>
/// <param name="Connection">Where it came from.</param>
internal sealed record BusCall(BusMessage Message, bool AllowsInteraction, BusConnection Connection)
{
    /// <summary>The arguments.</summary>
    internal IReadOnlyList<BusValue> Arguments => Message.Body;

    /// <summary>Asks the bus who the caller is.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Who sent the call; the bus vouches for it.</returns>
    /// <exception cref="BusException">The caller has already left the bus, or the bus does not answer.</exception>
    internal Task<BusCaller> GetCallerAsync(CancellationToken cancellationToken = default) =>
        Connection.GetCallerAsync(Message.Sender, cancellationToken);
}
