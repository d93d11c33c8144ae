using Tmds.DBus.Protocol;

namespace VirtHandover.Bus;

/// <summary>The interfaces of D-Bus itself.</summary>
internal sealed partial class BusObjects
{
    private const string TypeOfProperties = "a{sv}", TypeOfInterfaces = "a{sa{sv}}", TypeOfObjects = "a{oa{sa{sv}}}";

    /// <summary>Answers to them.</summary>
    /// <returns>False: the call is for none of them.</returns>
    /// <exception cref="BusException">It is, and there is nothing to answer.</exception>
    private bool TryAnswerStandard(MethodContext context, BusMessage call)
    {
        lock (_lock)
        {
            switch (call)
            {
                case { Interface: StandardInterfaces.Introspectable, Member: "Introspect" }:
                    Expect([], call);
                    Introspect_NeedsLock(context, call.Path);
                    return true;
                case { Interface: StandardInterfaces.ObjectManager, Member: "GetManagedObjects" } when _managers.Contains(call.Path):
                    Expect([], call);
                    Reply([Managed_NeedsLock(call.Path)], TypeOfObjects);
                    return true;
                case { Interface: StandardInterfaces.Properties, Member: "GetAll" }:
                    Expect(["s"], call);
                    Reply([AllOf(Interface_NeedsLock(call.Path, call.Body[0].AsText()))], TypeOfProperties);
                    return true;
                case { Interface: StandardInterfaces.Properties, Member: "Get" }:
                    Expect(["s", "s"], call);
                    var shown = Interface_NeedsLock(call.Path, call.Body[0].AsText());
                    Reply([new BusValue.Variant(Get(shown, Property(shown, call.Path, call.Body[1].AsText())).Value)], "v");
                    return true;
                case { Interface: StandardInterfaces.Properties, Member: "Set" }:
                    Expect(["s", "s", "v"], call);
                    var property = Property(Interface_NeedsLock(call.Path, call.Body[0].AsText()), call.Path, call.Body[1].AsText());
                    throw new BusException(BusErrorNames.PropertyReadOnly, $"The property {property.Name} of {call.Path} can only be read.");
                default:
                    return false;
            }
        }

        void Reply(IReadOnlyList<BusValue> results, string types) => context.Reply(BusConnection.Write(context, results, types));
    }

    private static BusException UnknownInterface(string path, string name) =>
        new(BusErrorNames.UnknownInterface, $"{path} has no interface {name}.");

    private static PropertyDefinition Property(Exported shown, string path, string name) =>
        shown.Definition.Properties.FirstOrDefault(property => property.Name == name)
        ?? throw new BusException(BusErrorNames.UnknownProperty, $"{path} has no property {name} of {shown.Definition.Name}.");

    /// <exception cref="BusException">The getter has failed.</exception>
    private KeyValuePair<string, BusValue> Get(Exported shown, PropertyDefinition property)
    {
        try
        {
            var value = property.Getter(shown.Target);
            return value.Signature == property.Signature
                ? new(property.Name, value)
                : throw new InvalidOperationException($"{property.Name} has the type \"{value.Signature}\", and \"{property.Signature}\" was promised.");
        }
        catch (Exception e)
        {
            connection.Report($"A property of {shown.Definition.Name} could not be read.", e);
            throw ServiceErrors.ToBus(e);
        }
    }

    private BusValue AllOf(Exported shown) => BusValue.Options(shown.Definition.Properties.Select(property => Get(shown, property)));

    private BusValue AllOf(IReadOnlyList<Exported> interfaces) => BusValue.ArrayOf(
        TypeOfInterfaces[1..], interfaces.Select(shown => (BusValue)new BusValue.Entry(shown.Definition.Name, AllOf(shown))));

    private BusValue Managed_NeedsLock(string manager) => BusValue.ArrayOf(
        TypeOfObjects[1..],
        _objects.Where(pair => IsBelow(pair.Key, manager))
            .Select(pair => (BusValue)new BusValue.Entry(new BusValue.ObjectPath(pair.Key), AllOf(pair.Value))));

    private IReadOnlyList<Exported> At_NeedsLock(string path) => _objects.TryGetValue(path, out var interfaces)
        ? interfaces
        : throw new BusException(BusErrorNames.UnknownObject, $"There is no object {path}.");

    private Exported Interface_NeedsLock(string path, string name) =>
        At_NeedsLock(path).FirstOrDefault(one => one.Definition.Name == name) ?? throw UnknownInterface(path, name);

    private string ManagerOf_NeedsLock(string path) => _managers.Where(manager => IsBelow(path, manager)).MaxBy(manager => manager.Length)
        ?? throw new BusException(BusErrorNames.Failed, $"Could not announce {path}: there is no object manager above it.");

    // A path above an object is no object, but who looks for objects goes down from there.
    private void Introspect_NeedsLock(MethodContext context, string path)
    {
        var start = path == "/" ? 1 : path.Length + 1;
        List<string> children = [.. _objects.Keys.Where(one => IsBelow(one, path)).Select(one => one[start..].Split('/')[0]).Distinct()];
        ReadOnlyMemory<byte>[] interfaces = children.Count > 0 && !_objects.ContainsKey(path)
            ? []
            :
            [
                .. At_NeedsLock(path).Select(shown => InterfaceText.Of(shown.Definition)),
                IntrospectionXml.DBusProperties,
                .. _managers.Contains(path) ? [InterfaceText.ObjectManager] : Array.Empty<ReadOnlyMemory<byte>>(),
            ];
        context.ReplyIntrospectXml(interfaces, children);
    }

    /// <summary>One interface of one object.</summary>
    private sealed record Exported(InterfaceDefinition Definition, object Target);
}
