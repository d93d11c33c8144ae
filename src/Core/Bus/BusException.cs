namespace VirtHandover.Bus;

/// <summary>A D-Bus error: received as the answer to a call, raised by a handler to be sent as its answer, or the connection's own.</summary>
internal sealed class BusException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="name">The error's name, for example <see cref="BusErrorNames.AccessDenied"/>.</param>
    /// <param name="message">A sentence.</param>
    internal BusException(string name, string message)
        : base(message) => Name = name;

    /// <summary>The error's D-Bus name.</summary>
    internal string Name { get; }
}
