namespace VirtHandover.Bus;

/// <summary>An exported object.</summary>
internal sealed class BusObject
{
    private readonly BusConnection _connection;
    private readonly bool _announced;

    internal BusObject(BusConnection connection, string path, bool announced) => (_connection, Path, _announced) = (connection, path, announced);

    /// <summary>Its path.</summary>
    internal string Path { get; }

    /// <summary>Announces new values of properties (<c>PropertiesChanged</c>); the values are asked for when the signal is sent.</summary>
    /// <exception cref="BusException">The connection has ended.</exception>
    internal Task ChangedAsync(string @interface, IReadOnlyList<string> properties) => _connection.ChangedAsync(Path, @interface, properties);

    /// <summary>Emits a signal of this object.</summary>
    /// <exception cref="BusException">The connection has ended.</exception>
    internal Task SignalAsync(string @interface, string member, params IReadOnlyList<BusValue> arguments) =>
        _connection.SignalAsync(Path, @interface, member, arguments);

    /// <summary>Takes it off the bus; <c>InterfacesRemoved</c> goes out when its arrival was announced.</summary>
    /// <exception cref="BusException">The connection has ended.</exception>
    internal Task RemoveAsync() => _connection.RemoveAsync(Path, _announced);
}
