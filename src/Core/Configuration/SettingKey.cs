using System.Globalization;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Configuration;

/// <summary>One key of the configuration file: its place, what is right, and what it changes.</summary>
/// <param name="Section">Its section.</param>
/// <param name="Name">Its name.</param>
/// <param name="Right">What a right value looks like; ends a message.</param>
/// <param name="Apply">The options with this value, or null when the value is wrong.</param>
internal sealed record SettingKey(
    string Section,
    string Name,
    string Right,
    Func<QueueOptions, string, QueueOptions?> Apply)
{
    /// <summary>Every key there is.</summary>
    public static IReadOnlyList<SettingKey> All { get; } =
    [
        new("Service", "Mode", "ask, auto or never", (options, text) => PolicyWords.ModeOf(text) is { } mode ? options with { Mode = mode } : null),
        new("Service", "DomainPolicy", "tighten or override", (options, text) => text switch
        {
            "tighten" => options with { DomainsOverride = false },
            "override" => options with { DomainsOverride = true },
            _ => null,
        }),
        Span("Service", "RescanInterval", TimeSpan.FromSeconds(1), TimeSpan.FromDays(7), (o, v) => o with { RescanInterval = v }),
        Number("Service", "HistoryKeep", 0, 36_500, (o, v) => o with { HistoryKeep = v }),
        Span("Handover", "CopyLimit", TimeSpan.FromSeconds(1), TimeSpan.FromDays(1), (o, v) => o with { CopyLimit = v }),
        new("Handover", "MaxPause", $"a time with its unit {PolicyWords.Pauses}, for example 30ms", (options, text) =>
            PolicyWords.Pauses.TryParse(text, out var pause, out _) ? options with { MaxPause = pause } : null),
        Span("Handover", "MaxOutage", TimeSpan.FromSeconds(5), TimeSpan.FromHours(1), (o, v) => o with { MaxOutage = v }),
        YesOrNo("Handover", "Canary", (o, v) => o with { Canary = v }),
        YesOrNo("Handover", "EndConnections", (o, v) => o with { EndConnections = v }),
        new("Queue", "Window", $"maintenance windows, for example {MaintenanceWindows.Example}", WithWindow),
        Number("Queue", "StopAfterFailures", 0, 1000, (o, v) => o with { StopAfterFailures = v }),
        Number("Queue", "Together", 1, 64, (o, v) => o with { Together = v }),
        new("Queue", "HoldFile", "an absolute path, for example /run/virt-handover.hold, or empty", (options, text) =>
            (text.Length == 0 || text.StartsWith('/')) && !text.Contains('\0', StringComparison.Ordinal) ? options with { HoldFile = text } : null),
        new("Queue", "HoldCommand", "a shell command, or empty", (options, text) =>
            text.Contains('\0', StringComparison.Ordinal) ? null : options with { HoldCommand = text }),
        Span("Queue", "HoldTimeout", TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5), (o, v) => o with { HoldTimeout = v }),
        Span("Queue", "HoldInterval", TimeSpan.FromSeconds(1), TimeSpan.FromHours(1), (o, v) => o with { HoldInterval = v }),
        Span("Queue", "SettleTime", TimeSpan.Zero, TimeSpan.FromMinutes(10), (o, v) => o with { SettleTime = v }),
        Span("Queue", "TransactionLimit", TimeSpan.Zero, TimeSpan.FromDays(1), (o, v) => o with { TransactionLimit = v }),
    ];

    private static QueueOptions? WithWindow(QueueOptions options, string text)
    {
        try
        {
            return options with { Window = MaintenanceWindows.Parse(text) };
        }
        catch (PolicyException e)
        {
            throw new ConfigurationException($"Window={PolicyWords.Shown(text)} is not valid: {e.Message}");
        }
    }

    private static SettingKey YesOrNo(string section, string name, Func<QueueOptions, bool, QueueOptions> apply) =>
        new(section, name, "yes or no", (options, text) => text switch
        {
            "yes" => apply(options, true),
            "no" => apply(options, false),
            _ => null,
        });

    private static SettingKey Number(
        string section, string name, int least, int most, Func<QueueOptions, int, QueueOptions> apply) =>
        new(
            section,
            name,
            string.Create(CultureInfo.InvariantCulture, $"a whole number from {least} to {most}, for example {Math.Max(1, least)}"),
            (options, text) => int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least && value <= most
                ? apply(options, value)
                : null);

    private static SettingKey Span(
        string section, string name, TimeSpan least, TimeSpan most, Func<QueueOptions, TimeSpan, QueueOptions> apply)
    {
        var range = new DurationRange(least, most) { IsBareSeconds = true };
        return new(
            section,
            name,
            $"a time {range}, for example {Duration.Example}",
            (options, text) => range.TryParse(text, out var value, out _) ? apply(options, value) : null);
    }
}
