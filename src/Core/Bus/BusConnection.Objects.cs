using Tmds.DBus.Protocol;
using VirtHandover.Bus.Wire;
using VirtHandover.Foreign;

namespace VirtHandover.Bus;

/// <summary>Objects that others can call.</summary>
internal sealed partial class BusConnection
{
    private int _hasObjects;
    private long _signals;

    /// <summary>Exports an object.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="announce">Emit <c>InterfacesAdded</c>; an object manager must stand above the path.</param>
    /// <param name="interfaces">Its interfaces, each with the object that its handlers are given.</param>
    /// <returns>The exported object.</returns>
    /// <exception cref="BusException">The path is none or is taken.</exception>
    internal Task<BusObject> ExportAsync(string path, bool announce, params (InterfaceDefinition Definition, object Target)[] interfaces) => Guard(() =>
    {
        Handle();
        _objects.Add(path, announce, interfaces);
        return new BusObject(this, path, announce);
    });

    /// <summary>Puts an <c>org.freedesktop.DBus.ObjectManager</c> over everything below a path.</summary>
    /// <exception cref="BusException">The path is none.</exception>
    internal Task AddObjectManagerAsync(string path) => Guard(() =>
    {
        Handle();
        _objects.AddManager(path);
        return true;
    });

    /// <summary>Emits a signal.</summary>
    /// <exception cref="BusException">The connection has ended, or a value does not fit.</exception>
    internal Task SignalAsync(string path, string @interface, string member, params IReadOnlyList<BusValue> arguments) => Guard(() =>
    {
        Signal(path, @interface, member, arguments);
        return true;
    });

    /// <summary>Emits <c>PropertiesChanged</c> with the values that the getters give when it is sent.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal Task ChangedAsync(string path, string @interface, IReadOnlyList<string> properties) => Guard(() =>
    {
        _objects.Change(path, @interface, properties);
        return true;
    });

    /// <summary>Takes an object away.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal Task RemoveAsync(string path, bool announce) => Guard(() =>
    {
        _objects.Remove(path, announce);
        return true;
    });

    /// <summary>Emits a signal at once.</summary>
    /// <exception cref="BusException">As above.</exception>
    internal void Signal(string path, string @interface, string member, IReadOnlyList<BusValue> arguments)
    {
        _hasSpoken = true;
        var writer = _bus.GetMessageWriter();
        try
        {
            writer.WriteSignalHeader(null, path, @interface, member, BodyWriter.SignatureOf(arguments));
            BodyWriter.Write(ref writer, arguments);
            if (!_bus.TrySendMessage(writer.CreateMessage()))
                throw Gone("the connection is closed");
        }
        finally
        {
            writer.Dispose();
        }

        // Tmds.DBus keeps whatever the bus does not take. Answers are as few as the turnstile lets callers in, signals would be without end.
        var sent = Interlocked.Increment(ref _signals);
        if (Gate is { } gate && sent - gate.Signals > _limits!.Signals)
            gate.End($"It has not taken {_limits.Signals} signals that were sent to it.");
    }

    /// <summary>Writes the answer to a call.</summary>
    /// <param name="call">The call.</param>
    /// <param name="results">The answer.</param>
    /// <param name="types">The types that were promised.</param>
    /// <returns>To be sent.</returns>
    /// <exception cref="BusException">A value does not fit, or all are too long.</exception>
    /// <exception cref="InvalidOperationException">The types are others.</exception>
    internal static MessageBuffer Write(MethodContext call, IReadOnlyList<BusValue> results, string types)
    {
        var signature = BodyWriter.SignatureOf(results);
        if ((signature ?? "") != types)
            throw new InvalidOperationException($"The answer has the types \"{signature}\", and \"{types}\" was promised.");

        // The bus would end the connection, and with it the service, not this call alone.
        if (results.Sum(result => result.Size) > ForeignBounds.MessageBytes)
            throw new BusException(BusErrorNames.InvalidArgs, "The answer is too long for a message on the bus; ask for less.");
        var writer = call.CreateReplyWriter(signature);
        try
        {
            BodyWriter.Write(ref writer, results);
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }

    private static Task<T> Guard<T>(Func<T> action)
    {
        try
        {
            return Task.FromResult(action());
        }
        catch (ObjectDisposedException)
        {
            return Task.FromException<T>(Gone("the connection is closed"));
        }
        catch (Exception e)
        {
            return Task.FromException<T>(e);
        }
    }

    // A connection that exports nothing answers nobody but D-Bus's own questions.
    private void Handle()
    {
        _hasSpoken = true;
        if (Interlocked.Exchange(ref _hasObjects, 1) == 0)
            _bus.AddMethodHandler(_objects);
    }
}
