namespace VirtHandover.Bus;

/// <summary>Writes an interface down in one place: names, types and what answers, so that introspection cannot differ from behaviour.</summary>
/// <typeparam name="T">What the handlers and getters are given: the object behind the path.</typeparam>
internal sealed class InterfaceBuilder<T>(string name)
    where T : class
{
    private readonly List<MethodDefinition> _methods = [];
    private readonly List<PropertyDefinition> _properties = [];
    private readonly List<SignalDefinition> _signals = [];

    /// <summary>Arguments as pairs of type and name.</summary>
    internal static IReadOnlyList<ArgumentDefinition> Arguments(params (string Signature, string Name)[] arguments) =>
        [.. arguments.Select(argument => new ArgumentDefinition(argument.Signature, argument.Name))];

    /// <summary>A method with results.</summary>
    internal InterfaceBuilder<T> Method(
        string method,
        IReadOnlyList<ArgumentDefinition> input,
        IReadOnlyList<ArgumentDefinition> output,
        Func<T, BusCall, Task<IReadOnlyList<BusValue>>> handler)
    {
        _methods.Add(new(method, input, output, (target, call) => handler((T)target, call)));
        return this;
    }

    /// <summary>A method without results.</summary>
    internal InterfaceBuilder<T> Method(string method, IReadOnlyList<ArgumentDefinition> input, Func<T, BusCall, Task> handler) =>
        Method(method, input, [], async (target, call) =>
        {
            await handler(target, call).ConfigureAwait(false);
            return [];
        });

    /// <summary>A property.</summary>
    internal InterfaceBuilder<T> Property(
        string property, string signature, Func<T, BusValue> getter, PropertyChange change = PropertyChange.Announced)
    {
        _properties.Add(new(property, signature, change, target => getter((T)target)));
        return this;
    }

    /// <summary>A signal.</summary>
    internal InterfaceBuilder<T> Signal(string signal, IReadOnlyList<ArgumentDefinition> arguments)
    {
        _signals.Add(new(signal, arguments));
        return this;
    }

    /// <summary>The definition.</summary>
    internal InterfaceDefinition Build() => new(name, _methods, _properties, _signals);
}
