using System.Globalization;
using System.Text;

namespace VirtHandover.Policy;

/// <summary>The parts of a policy as text and back.</summary>
public static class PolicyWords
{
    /// <summary>Pause budgets that are possible. With their unit: "30" would be half a minute, and half a second is long.</summary>
    public static DurationRange Pauses { get; } = new(TimeSpan.FromMilliseconds(1), TimeSpan.FromHours(1));

    /// <summary>Largest priority; the least one is its negative.</summary>
    public const int MostPriority = 1000;

    /// <summary>A mode's word.</summary>
    /// <param name="mode">The mode.</param>
    /// <returns><c>auto</c>, <c>ask</c> or <c>never</c>.</returns>
    public static string Of(PolicyMode mode) => mode switch
    {
        PolicyMode.Auto => "auto",
        PolicyMode.Never => "never",
        _ => "ask",
    };

    /// <summary>Reads a mode's word, in any case.</summary>
    /// <param name="text">The word; untrusted.</param>
    /// <returns>The mode, or null when it is none.</returns>
    public static PolicyMode? ModeOf(string text) => text?.Trim().ToUpperInvariant() switch
    {
        "AUTO" => PolicyMode.Auto,
        "ASK" => PolicyMode.Ask,
        "NEVER" => PolicyMode.Never,
        _ => null,
    };

    /// <summary>Why parts of what a domain's metadata asks for do not apply, and what to do about it.</summary>
    internal static string Refusal(DomainPolicy own, PolicyParts refused)
    {
        var asked = new List<string>();
        if (refused.HasFlag(PolicyParts.Mode) && own.Mode is { } mode)
            asked.Add(Of(mode));
        if (refused.HasFlag(PolicyParts.Window) && own.Window is { } window)
            asked.Add($"window {window.Text}");
        if (refused.HasFlag(PolicyParts.MaxPause) && own.MaxPause is { } pause)
            asked.Add(string.Create(CultureInfo.InvariantCulture, $"pause up to {pause.TotalMilliseconds:0.###} ms"));
        if (refused.HasFlag(PolicyParts.Priority) && own.Priority is { } priority)
            asked.Add(string.Create(CultureInfo.InvariantCulture, $"priority {priority}"));
        return $"Its metadata asks for {string.Join(", ", asked)}, and gets no more than the host's configuration gives: whoever may edit a VM can make its "
            + "policy stricter only. An administrator grants it with virt-handover policy set, or to all VMs with DomainPolicy=override.";
    }

    /// <exception cref="PolicyException">It is none.</exception>
    internal static PolicyMode Mode(string text) => ModeOf(text) ?? throw new PolicyException(
        $"\"{Shown(text)}\" is no policy mode; it is auto, ask or never.");

    /// <exception cref="PolicyException">It is out of range.</exception>
    internal static TimeSpan MaxPause(long microseconds) =>
        microseconds >= Pauses.Least.TotalMicroseconds && microseconds <= Pauses.Most.TotalMicroseconds
            ? TimeSpan.FromMicroseconds(microseconds)
            : throw new PolicyException(string.Create(
                CultureInfo.InvariantCulture,
                $"A pause budget of {microseconds} µs is not possible; it is from 1000 µs (1 ms) to 3600000000 µs (1 h), for example 30000 µs (30 ms)."));

    /// <exception cref="PolicyException">It is out of range.</exception>
    internal static int Priority(int priority) => Math.Abs((long)priority) <= MostPriority
        ? priority
        : throw new PolicyException(string.Create(
            CultureInfo.InvariantCulture, $"A priority of {priority} is not possible; it is from -{MostPriority} to {MostPriority}, for example 10."));

    /// <summary>Text from outside as a sentence may show it: short, and with nothing that a terminal would act on.</summary>
    internal static string Shown(string text)
    {
        var shown = new StringBuilder();
        foreach (var rune in text.EnumerateRunes().Take(60))
        {
            var category = Rune.GetUnicodeCategory(rune);
            shown.Append(category is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                ? "?"
                : rune.ToString());
        }

        return shown.ToString();
    }
}
