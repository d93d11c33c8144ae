using VirtHandover.Contract;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;

namespace VirtHandover.Tui.Model;

/// <summary>The six phases of a handover in a row, each with its time: done, running, to come, failed, or never entered.</summary>
internal static class PhaseTimeline
{
    private static readonly HandoverPhase[] All = Enum.GetValues<HandoverPhase>();

    /// <summary>A handover that runs.</summary>
    /// <param name="finished">The phases behind it.</param>
    /// <param name="current">The phase it is in, as the service names it.</param>
    /// <param name="elapsedMicroseconds">For how long; 0 when that is not known.</param>
    /// <param name="progress">The share of memory that is copied, 0 to 1; negative when nothing is copied.</param>
    /// <param name="glyphs">What the terminal can show.</param>
    public static IReadOnlyList<Run> OfRunning(
        IReadOnlyList<PhaseDuration> finished, string current, long elapsedMicroseconds, double progress, GlyphSet glyphs)
    {
        var place = Array.FindIndex(All, phase => JsonMap.Word(phase) == current);
        return [.. All.Select((phase, i) => One(phase, i))];

        Run One(HandoverPhase phase, int i)
        {
            var known = finished.FirstOrDefault(one => one.Phase == phase);
            return (i.CompareTo(place), known) switch
            {
                (0, _) => new(Join(glyphs.Running, phase, Share(progress), Quantity.Duration(elapsedMicroseconds)), Tone.Busy),
                ( < 0, _) or (_, not null) => new(Join(glyphs.Done, phase, Quantity.Duration(known?.Microseconds ?? 0)), Tone.Good),
                _ => new(Join(glyphs.Current, phase), Tone.Dim),
            };
        }
    }

    /// <summary>A handover that has ended.</summary>
    public static IReadOnlyList<Run> OfEnded(HandoverReport report, GlyphSet glyphs)
    {
        var failed = report.Outcome is not (HandoverOutcome.Done or HandoverOutcome.Rehearsed);
        var last = report.Phases.Count == 0 ? (HandoverPhase?)null : report.Phases[^1].Phase;
        return
        [
            .. All.Select(phase => report.Phases.FirstOrDefault(one => one.Phase == phase) switch
            {
                null => new Run(Join(glyphs.Skipped, phase), Tone.Dim),
                var entered when failed && phase == last => new Run(Join(glyphs.Failed, phase, Quantity.Duration(entered.Microseconds)), Tone.Bad),
                var entered => new Run(Join(glyphs.Done, phase, Quantity.Duration(entered.Microseconds)), Tone.Good),
            }),
        ];
    }

    private static string Share(double progress) => progress < 0 || !double.IsFinite(progress) ? "" : $"{Math.Clamp(progress, 0, 1) * 100:0}%";

    private static string Join(string glyph, HandoverPhase phase, params string[] parts) =>
        string.Join(' ', parts.Where(part => part.Length > 0).Prepend(JsonMap.Word(phase)).Prepend(glyph));
}
