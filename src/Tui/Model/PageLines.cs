using System.Globalization;

namespace VirtHandover.Tui.Model;

/// <summary>The lines of the log and of the help page.</summary>
internal static class PageLines
{
    private const int TimeWidth = 9;
    private const int KeyWidth = 10;

    public static IReadOnlyList<Line> Log(IEnumerable<LogEntry> log, int width, GlyphSet glyphs, TimeZoneInfo zone) =>
    [
        .. log.SelectMany(entry => Line.Wrapped(
            glyphs.Safe(entry.Text),
            width,
            entry.Tone,
            TimeZoneInfo.ConvertTime(entry.At, zone).ToString("HH:mm:ss", CultureInfo.InvariantCulture),
            Math.Min(TimeWidth, width / 2))),
    ];

    public static IReadOnlyList<Line> Help(int width, GlyphSet glyphs)
    {
        var lines = new List<Line>();
        foreach (var entry in KeyTable.Entries)
        {
            var twin = entry.Twin.Length == 0 ? "" : $"  = {entry.Twin}";
            lines.AddRange(Line.Wrapped(entry.Help + twin, width, Tone.Normal, string.Join(", ", entry.Keys), Math.Min(KeyWidth, width / 2), Tone.Heading));
        }

        lines.Add(Line.Empty);
        lines.AddRange(Line.Wrapped("Behind = stands what to type after virt-handover for the same.", width, Tone.Dim));
        lines.Add(Line.Empty);
        lines.Add(new Line(new Run("Filter", Tone.Heading)));
        foreach (var (example, meaning) in Filters)
        {
            lines.AddRange(Line.Wrapped(meaning, width, Tone.Normal, example, Math.Min(22, width / 2), Tone.Heading));
        }

        lines.Add(Line.Empty);
        lines.Add(new Line(new Run("States", Tone.Heading)));
        foreach (var (word, meaning) in States)
        {
            var look = StateLook.Of(word, glyphs);
            lines.AddRange(Line.Wrapped(meaning, width, Tone.Normal, $"{look.Glyph} {look.Word}", Math.Min(12, width / 2), look.Tone));
        }

        return lines;
    }

    /// <summary>What a filter can say; all words have to match.</summary>
    public static readonly IReadOnlyList<(string Example, string Meaning)> Filters =
    [
        ("web", "the name, the UUID or a finding has it"),
        ("!test", "the opposite"),
        ("state:pending,failed", "one of these states; the beginning of a word is enough"),
        ("method:copy", "the method; likewise qemu:7.2 for the running QEMU, code:VFIO for a finding"),
        ("\"my vm\"", "with a blank or a colon in it"),
    ];

    private static readonly (string Word, string Meaning)[] States =
    [
        ("pending", "an older QEMU than the one installed; waits for an approval"),
        ("approved", "waits for its turn; one handover runs at a time"),
        ("running", "is being handed over now; the phase or the share of memory copied is shown instead"),
        ("done", "runs on the new QEMU"),
        ("failed", "the handover was undone; the VM runs on the old QEMU, the details say why"),
        ("blocked", "cannot be handed over as it is; the details say why and what would help"),
        ("deferred", "was put off; the note says until when"),
        ("current", "runs on the QEMU that is installed; nothing to do"),
    ];
}
