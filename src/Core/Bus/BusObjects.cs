using Tmds.DBus.Protocol;
using VirtHandover.Bus.Wire;

namespace VirtHandover.Bus;

/// <summary>
/// The objects of a connection, with the interfaces of D-Bus that each of them has: properties, introspection, object manager. What is read of them and what
/// is told of their changes is sent under one lock, so that a caller who was told of a change has not been given an older value after it.
/// </summary>
/// <param name="connection">Whose.</param>
internal sealed partial class BusObjects(BusConnection connection) : IPathMethodHandler
{
    private readonly Lock _lock = new();
    private readonly SortedDictionary<string, IReadOnlyList<Exported>> _objects = new(StringComparer.Ordinal);
    private readonly HashSet<string> _managers = new(StringComparer.Ordinal);

    /// <inheritdoc/>
    public string Path => "/";

    /// <inheritdoc/>
    public bool HandlesChildPaths => true;

    /// <summary>Takes a call; messages are read on while it is answered.</summary>
    /// <param name="context">The call.</param>
    public ValueTask HandleMethodAsync(MethodContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        context.DisposesAsynchronously = true;
        _ = Task.Run(() => AnswerAsync(context));
        return ValueTask.CompletedTask;
    }

    /// <summary>Adds an object.</summary>
    /// <exception cref="BusException">The path is none or is taken.</exception>
    internal void Add(string path, bool announce, IReadOnlyList<(InterfaceDefinition Definition, object Target)> interfaces)
    {
        Check(path);
        List<Exported> all = [.. interfaces.Select(one => new Exported(one.Definition, one.Target))];
        lock (_lock)
        {
            var manager = announce ? ManagerOf_NeedsLock(path) : "";
            if (!_objects.TryAdd(path, all))
                throw new BusException(BusErrorNames.Failed, $"Could not export {path}: there is an object already.");
            if (announce)
                connection.Signal(manager, StandardInterfaces.ObjectManager, "InterfacesAdded", [new BusValue.ObjectPath(path), AllOf(all)]);
        }
    }

    /// <summary>Puts an object manager over everything below a path.</summary>
    /// <exception cref="BusException">The path is none.</exception>
    internal void AddManager(string path)
    {
        Check(path);
        lock (_lock)
            _managers.Add(path);
    }

    /// <summary>Announces new values of properties.</summary>
    /// <exception cref="BusException">The connection has ended, or a getter has failed.</exception>
    internal void Change(string path, string @interface, IReadOnlyList<string> properties)
    {
        if (properties.Count == 0)
            return;
        lock (_lock)
        {
            var shown = Interface_NeedsLock(path, @interface);
            var values = properties.Select(name => Get(shown, Property(shown, path, name))).ToList();
            connection.Signal(path, StandardInterfaces.Properties, "PropertiesChanged", [@interface, BusValue.Options(values), BusValue.Strings([])]);
        }
    }

    /// <summary>Takes an object away.</summary>
    /// <exception cref="BusException">The connection has ended.</exception>
    internal void Remove(string path, bool announce)
    {
        lock (_lock)
        {
            if (_objects.Remove(path, out var interfaces) && announce)
            {
                connection.Signal(
                    ManagerOf_NeedsLock(path),
                    StandardInterfaces.ObjectManager,
                    "InterfacesRemoved",
                    [new BusValue.ObjectPath(path), BusValue.Strings(interfaces.Select(one => one.Definition.Name))]);
            }
        }
    }

    private static string Or(string text, string otherwise) => text.Length > 0 ? text : otherwise;

    private static void Check(string path)
    {
        if (!BodyWriter.IsPath(path))
            throw new BusException(BusErrorNames.InvalidArgs, $"Could not export \"{path}\": it is no object path.");
    }

    private static bool IsBelow(string path, string above) =>
        path.Length > above.Length && path.StartsWith(above, StringComparison.Ordinal) && (above == "/" || path[above.Length] == '/');

    private async Task AnswerAsync(MethodContext context)
    {
        try
        {
            using (context)
                await AnswerOnceAsync(context).ConfigureAwait(false);
        }
        catch (ObjectDisposedException)
        {
            // The connection has ended; nobody waits for this answer.
        }
        catch (Exception e)
        {
            connection.Report("A call over D-Bus could not be answered.", e);
        }
    }

    private async Task AnswerOnceAsync(MethodContext context)
    {
        try
        {
            var call = BodyReader.Read(context.Request);
            if (!TryAnswerStandard(context, call))
                await AnswerAsync(context, call).ConfigureAwait(false);
        }
        catch (BusException e)
        {
            Refuse(context, e);
        }
    }

    /// <summary>Calls a handler, and answers for whatever it does.</summary>
    /// <exception cref="BusException">There is none for that call.</exception>
    private async Task AnswerAsync(MethodContext context, BusMessage call)
    {
        var ((definition, target), method) = Find(call);
        Expect(method.In.Select(argument => argument.Signature), call);
        var received = new BusCall(
            call with { Interface = definition.Name },
            (context.Request.MessageFlags & MessageFlags.AllowInteractiveAuthorization) != 0,
            connection,
            connection.UserOf(call.Sender));
        MessageBuffer answer;
        try
        {
            var results = await method.Handler(target, received).ConfigureAwait(false);
            answer = BusConnection.Write(context, results, string.Concat(method.Out.Select(argument => argument.Signature)));
        }
        catch (Exception e)
        {
            if (ServiceErrors.IsFault(e))
                connection.Report($"{definition.Name}.{call.Member} failed.", e);
            Refuse(context, ServiceErrors.ToBus(e));
            return;
        }

        context.Reply(answer);
    }

    private static void Refuse(MethodContext context, BusException failure) => context.ReplyError(failure.Name, BusText.Sanitize(failure.Message));

    private static void Expect(IEnumerable<string> types, BusMessage call)
    {
        var (wanted, given) = (string.Concat(types), string.Concat(call.Body.Select(value => value.Signature)));
        if (wanted != given)
        {
            throw new BusException(
                BusErrorNames.InvalidArgs, $"{call.Member} takes arguments of the types \"{wanted}\", and the call has \"{given}\".");
        }
    }

    private (Exported Exported, MethodDefinition Method) Find(BusMessage call)
    {
        lock (_lock)
        {
            // A call need not say which interface it means.
            var meant = At_NeedsLock(call.Path).Where(one => call.Interface.Length == 0 || one.Definition.Name == call.Interface).ToList();
            foreach (var one in meant)
            {
                if (one.Definition.Methods.FirstOrDefault(method => method.Name == call.Member) is { } found)
                    return (one, found);
            }

            throw meant.Count > 0 || call.Interface.Length == 0 || StandardInterfaces.Has(call.Interface)
                ? new BusException(BusErrorNames.UnknownMethod, $"{call.Path} has no method {call.Member} of {Or(call.Interface, "any interface")}.")
                : UnknownInterface(call.Path, call.Interface);
        }
    }
}
