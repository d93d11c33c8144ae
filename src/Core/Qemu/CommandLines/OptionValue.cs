using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// An option's argument: <c>key=value,…</c> with <c>,,</c> for a comma, or JSON. Immutable; what is not edited is rendered as it came.
/// </summary>
internal abstract class OptionValue
{
    /// <summary>Takes an argument apart.</summary>
    /// <exception cref="CommandLineException">It starts like JSON and is none.</exception>
    internal static OptionValue Parse(string text) => text.StartsWith('{') ? new JsonOptionValue(text) : new KeyedOptionValue(text);

    /// <summary>True for JSON.</summary>
    internal abstract bool IsJson { get; }

    /// <summary>The names of its members, in order; a first word without <c>=</c> is not among them.</summary>
    internal abstract IReadOnlyList<string> Keys { get; }

    /// <summary>A member as text: <c>on</c> and <c>off</c> for booleans, digits for numbers; null when it is missing. A list or object gives its JSON.</summary>
    internal abstract string? Text(string key);

    /// <summary>A member that may also stand first without its name, like a device's driver.</summary>
    internal abstract string? Implied(string key);

    /// <summary>The value with one member set: a boolean, a number or a string.</summary>
    internal abstract OptionValue With(string key, JsonValue value);

    /// <summary>The value without a member.</summary>
    internal abstract OptionValue Without(string key);

    /// <summary>The argument to write.</summary>
    internal abstract string Render();

    /// <summary>A switch: <c>on</c>, <c>yes</c>, <c>true</c>, <c>y</c>, or named without a value.</summary>
    internal bool IsOn(string key) => Text(key) is "on" or "yes" or "true" or "y";
}
