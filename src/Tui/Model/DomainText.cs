using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tui.Model;

/// <summary>The short texts about a domain that the screen's list and <c>virt-handover list</c> share.</summary>
internal static class DomainText
{
    /// <summary>For example <c>7.2.22 → 10.0.2</c>; package versions when only those differ; one version when it is current.</summary>
    public static string Versions(DomainView domain, GlyphSet glyphs)
    {
        var (from, to) = domain.RunningVersion == domain.InstalledVersion
            && domain.RunningPackage != domain.InstalledPackage && domain.RunningPackage.Length > 0 && domain.InstalledPackage.Length > 0
                ? (domain.RunningPackage, domain.InstalledPackage)
                : (domain.RunningVersion, domain.InstalledVersion);
        from = Or(from, "?", glyphs);
        return domain.OutdatedReasons.Count == 0 && domain.RunningVersion == domain.InstalledVersion
            ? from
            : $"{from} {glyphs.Arrow} {Or(to, "none", glyphs)}";
    }

    /// <summary>The state's word, with how far it is while it runs, or until when it waits.</summary>
    public static string State(DomainView domain, GlyphSet glyphs, DateTimeOffset now, TimeZoneInfo zone) => domain switch
    {
        { State: "running", Progress: >= 0 } => $"copy {Math.Clamp(domain.Progress, 0, 1) * 100:0}%",
        { State: "running", Phase.Length: > 0 } => glyphs.Safe(domain.Phase),
        { State: "deferred", DeferredUntil: { } until } => $"until {Moment.Short(until, now, zone)}",
        _ => StateLook.Of(domain.State, glyphs).Word,
    };

    public static string Method(DomainView domain, GlyphSet glyphs) => Or(domain.Method, glyphs.None, glyphs);

    public static string Pause(DomainView domain, GlyphSet glyphs) => Or(Quantity.Duration(domain.LastPauseMicroseconds), glyphs.None, glyphs);

    public static string Total(DomainView domain, GlyphSet glyphs) => Or(Quantity.Duration(domain.LastTotalMicroseconds), glyphs.None, glyphs);

    /// <summary>What the list says beside the figures: the blockers, the reason of a failure, who approved.</summary>
    public static string Note(DomainView domain, GlyphSet glyphs)
    {
        var blockers = domain.Findings.Where(finding => finding.Severity == FindingSeverity.Blocker).Select(finding => finding.Code).Distinct();
        return domain.State switch
        {
            "blocked" => glyphs.Safe(string.Join(" ", blockers)),
            "failed" => glyphs.Safe(domain.LastSentence),
            "approved" or "running" when domain.ApprovedBy.Length > 0 => $"by {glyphs.Safe(domain.ApprovedBy)}",
            "pending" => glyphs.Safe(string.Join(" ", blockers)),
            _ => "",
        };
    }

    private static string Or(string text, string fallback, GlyphSet glyphs) => text.Length == 0 ? fallback : glyphs.Safe(text);
}
