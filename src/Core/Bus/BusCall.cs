namespace VirtHandover.Bus;

/// <summary>A method call that the service received.</summary>
/// <param name="Message">The call, its arguments already checked against the definition's types.</param>
/// <param name="AllowsInteraction">The caller is ready to wait for a password prompt (<c>ALLOW_INTERACTIVE_AUTHORIZATION</c>).</param>
/// <param name="Connection">Where it came from.</param>
/// <param name="UserId">Its sender's user, if the gate has had to ask the bus for it; null: not known yet.</param>
internal sealed record BusCall(BusMessage Message, bool AllowsInteraction, BusConnection Connection, uint? UserId = null)
{
    /// <summary>The arguments.</summary>
    internal IReadOnlyList<BusValue> Arguments => Message.Body;

    /// <summary>Asks the bus who the caller is.</summary>
    /// <param name="cancellationToken">Gives up waiting.</param>
    /// <returns>Who sent the call; the bus vouches for it.</returns>
    /// <exception cref="BusException">The caller has already left the bus, or the bus does not answer.</exception>
    internal async Task<BusCaller> GetCallerAsync(CancellationToken cancellationToken = default) => UserId is { } userId
        ? new BusCaller(Message.Sender, userId) { Login = await LoginNames.OfAsync(userId).ConfigureAwait(false) }
        : await Connection.GetCallerAsync(Message.Sender, cancellationToken).ConfigureAwait(false);
}
