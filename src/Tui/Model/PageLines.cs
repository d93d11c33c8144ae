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
        lines.Add(new Line(new Run("States", Tone.Heading)));
        foreach (var (word, meaning) in States)
        {
            var look = StateLook.Of(word, glyphs);
            lines.AddRange(Line.Wrapped(meaning, width, Tone.Normal, $"{look.Glyph} {look.Word}", Math.Min(12, width / 2), look.Tone));
        }

        return lines;
    }

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
