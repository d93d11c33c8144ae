using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>
/// One line of standard error that is written over and over and goes away at the end. Where standard error is no terminal there is
/// nobody to look at it, and nothing is written.
/// </summary>
internal sealed class LiveLine(CliContext context, Output output)
{
    private const string Clear = "\r\e[K";
    private string shown = "";

    /// <summary>Whether there is a terminal that can show it.</summary>
    public bool IsPossible => context.Traits.ErrorIsTerminal && context.Traits.Kind is not ("dumb" or "");

    /// <summary>Shows a text, or with an empty one takes the line away.</summary>
    public void Show(string text)
    {
        if (!IsPossible || text == shown)
        {
            return;
        }

        shown = text;
        context.Error.Write(Clear + Columns.Cut(text, Math.Max(1, output.Width - 1), output.Glyphs.Cut));
        context.Error.Flush();
    }
}
