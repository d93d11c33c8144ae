namespace VirtHandover.Bus;

/// <summary>Whether a property's change is announced; the annotation <c>EmitsChangedSignal</c>.</summary>
internal enum PropertyChange
{
    /// <summary>With its new value.</summary>
    Announced,

    /// <summary>Never changes while the object exists.</summary>
    Constant,

    /// <summary>Changes without a signal.</summary>
    Silent,
}

/// <summary>One argument of a method or signal.</summary>
/// <param name="Signature">Its complete D-Bus type.</param>
/// <param name="Name">Its name, <c>snake_case</c>.</param>
internal sealed record ArgumentDefinition(string Signature, string Name)
{
    /// <summary>Ends the arguments of every method that may grow.</summary>
    internal static ArgumentDefinition Options { get; } = new("a{sv}", "options");
}

/// <summary>One method; the handler runs on the thread pool, its exceptions become D-Bus errors.</summary>
internal sealed record MethodDefinition(
    string Name,
    IReadOnlyList<ArgumentDefinition> In,
    IReadOnlyList<ArgumentDefinition> Out,
    Func<object, BusCall, Task<IReadOnlyList<BusValue>>> Handler);

/// <summary>One read-only property; the getter runs while the others wait, and must only read memory.</summary>
internal sealed record PropertyDefinition(string Name, string Signature, PropertyChange Change, Func<object, BusValue> Getter);

/// <summary>One signal.</summary>
internal sealed record SignalDefinition(string Name, IReadOnlyList<ArgumentDefinition> Arguments);

/// <summary>An interface as the service exports it. One definition serves any number of objects.</summary>
internal sealed record InterfaceDefinition(
    string Name,
    IReadOnlyList<MethodDefinition> Methods,
    IReadOnlyList<PropertyDefinition> Properties,
    IReadOnlyList<SignalDefinition> Signals);
