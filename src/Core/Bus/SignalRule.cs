using System.Text;

namespace VirtHandover.Bus;

/// <summary>Which signals are wanted (D-Bus specification, "Match Rules").</summary>
/// <param name="Sender">Who sends them: a unique name, or one that somebody owns; from nobody else they are taken.</param>
internal sealed record SignalRule(string Sender)
{
    /// <summary>The object; null for any.</summary>
    internal string? Path { get; init; }

    /// <summary>The interface; null for any.</summary>
    internal string? Interface { get; init; }

    /// <summary>The signal; null for any.</summary>
    internal string? Member { get; init; }

    /// <summary>The first argument, a string; null for any.</summary>
    internal string? Argument { get; init; }

    /// <summary>As the bus reads it.</summary>
    public override string ToString()
    {
        var rule = new StringBuilder($"type='signal',sender='{Sender}'");
        foreach (var (key, value) in (ReadOnlySpan<(string, string?)>)[("path", Path), ("interface", Interface), ("member", Member), ("arg0", Argument)])
            rule.Append(value is null ? "" : $",{key}='{value}'");
        return rule.ToString();
    }
}
