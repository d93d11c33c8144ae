namespace VirtHandover.Tui.Model;

/// <summary>Pauses as bars, scaled to what is allowed: a full bar is the whole budget.</summary>
internal static class Sparkline
{
    /// <summary>The bars of the last pauses that fit; one over the budget is full, red, and followed by <c>!</c>.</summary>
    /// <param name="pauses">Oldest first, in µs.</param>
    /// <param name="budget">In µs; 0 when it is not known, then the longest pause is the full bar.</param>
    /// <param name="width">Columns.</param>
    /// <param name="glyphs">What the terminal can show.</param>
    public static IReadOnlyList<Run> Of(IReadOnlyList<long> pauses, long budget, int width, GlyphSet glyphs)
    {
        var bars = new Stack<Run>();
        var full = budget > 0 ? budget : pauses.DefaultIfEmpty(0).Max();
        for (var i = pauses.Count - 1; i >= 0; i--)
        {
            var over = pauses[i] > full;
            var text = over ? glyphs.Bars[^1] + "!" : glyphs.Bars[Level(pauses[i], full, glyphs.Bars.Count)];
            if ((width -= text.Length) < 0)
            {
                break;
            }

            bars.Push(new Run(text, over ? Tone.Bad : Tone.Good));
        }

        return [.. bars];
    }

    private static int Level(long pause, long full, int levels) =>
        full <= 0 ? 0 : Math.Clamp((int)(((Int128)pause * levels + full - 1) / full) - 1, 0, levels - 1);
}
