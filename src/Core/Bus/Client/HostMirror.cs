using VirtHandover.Bus.Contract;

namespace VirtHandover.Bus.Client;

/// <summary>
/// The service's objects as a client knows them: loaded once, then kept up to date by signals. A signal that was sent before the
/// loaded state may be applied again: all that are older are, in order, so the result is the same.
/// </summary>
internal sealed class HostMirror
{
    private readonly Dictionary<string, Dictionary<string, BusValue>> _domains = new(StringComparer.Ordinal);
    private readonly Dictionary<string, BusValue> _manager = new(StringComparer.Ordinal);

    /// <param name="managed">The reply of <c>GetManagedObjects</c>, <c>a{oa{sa{sv}}}</c>.</param>
    /// <param name="manager">The manager's properties, <c>a{sv}</c>.</param>
    /// <exception cref="BusException">One of them is of another type.</exception>
    internal HostMirror(BusValue managed, BusValue manager)
    {
        Merge(_manager, manager);
        foreach (var (path, interfaces) in managed.AsOptions())
            Add(path, interfaces);
    }

    /// <summary>The present state, domains by name.</summary>
    /// <exception cref="BusException">A property is of another type than the contract says.</exception>
    internal HostView View => ManagerContract.Read(
        _manager,
        [
            .. _domains.Values.Select(DomainContract.Read)
                .OrderBy(domain => domain.Name, StringComparer.Ordinal).ThenBy(domain => domain.Uuid),
        ]);

    /// <summary>Takes a signal in.</summary>
    /// <returns>True when it may have changed the state.</returns>
    /// <exception cref="BusException">It is not what its interface promises.</exception>
    internal bool Apply(BusMessage signal)
    {
        switch (signal)
        {
            case { Interface: HandoverNames.ObjectManager, Member: "InterfacesAdded", Body: [var path, var interfaces] }:
                return Add(path.AsPath(), interfaces);
            case { Interface: HandoverNames.ObjectManager, Member: "InterfacesRemoved", Body: [var path, var interfaces] }:
                return interfaces.AsStrings().Contains(HandoverNames.Domain) && _domains.Remove(path.AsPath());
            case { Interface: HandoverNames.Properties, Member: "PropertiesChanged", Body: [BusValue.Text { Value: var name }, var changed, _] }:
                return Change(signal.Path, name, changed);
            default:
                return false;
        }
    }

    private bool Add(string path, BusValue interfaces)
    {
        if (!interfaces.AsOptions().TryGetValue(HandoverNames.Domain, out var properties))
            return false;
        Merge(_domains[path] = new(StringComparer.Ordinal), properties);
        return true;
    }

    private bool Change(string path, string @interface, BusValue changed)
    {
        if (@interface == HandoverNames.Manager)
            return Merge(_manager, changed);
        return @interface == HandoverNames.Domain && _domains.TryGetValue(path, out var properties) && Merge(properties, changed);
    }

    private static bool Merge(Dictionary<string, BusValue> properties, BusValue changed)
    {
        foreach (var (name, value) in changed.AsOptions())
            properties[name] = value;
        return true;
    }
}
