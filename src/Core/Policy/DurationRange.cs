namespace VirtHandover.Policy;

/// <summary>Which durations are right in one place: of a setting, of an option.</summary>
/// <param name="Least">The shortest.</param>
/// <param name="Most">The longest.</param>
public sealed record DurationRange(TimeSpan Least, TimeSpan Most)
{
    /// <summary>How long to wait, or how far away; more than nothing.</summary>
    public static DurationRange Some { get; } = new(TimeSpan.FromMilliseconds(1), Duration.Longest);

    /// <summary>A number without a unit is seconds, as in systemd's files.</summary>
    public bool IsBareSeconds { get; init; }

    /// <summary>Whether one is among them.</summary>
    /// <param name="value">The duration.</param>
    /// <returns>True when it is.</returns>
    public bool Holds(TimeSpan value) => value >= Least && value <= Most;

    /// <summary>Reads one.</summary>
    /// <param name="text">The text; untrusted.</param>
    /// <param name="value">The duration.</param>
    /// <param name="error">What is wrong, as the end of a sentence that has shown the text; empty when nothing is.</param>
    /// <returns>False when it is no duration, or none of these.</returns>
    public bool TryParse(string? text, out TimeSpan value, out string error)
    {
        if (Duration.TryParse(text, IsBareSeconds, out value, out error) && !Holds(value))
            error = $"it is not {this}";
        return error.Length == 0;
    }

    /// <inheritdoc/>
    public override string ToString() => $"from {Duration.Format(Least)} to {Duration.Format(Most)}";
}
