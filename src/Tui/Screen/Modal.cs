using Terminal.Gui.Drawing;
using Terminal.Gui.Input;
using Terminal.Gui.ViewBase;
using Terminal.Gui.Views;
using VirtHandover.Tui.Model;
using Line = VirtHandover.Tui.Model.Line;

namespace VirtHandover.Tui.Screen;

/// <summary>A dialog that Esc closes and in which Ctrl-C leaves the program, as everywhere.</summary>
internal abstract class Modal : Dialog
{
    /// <summary>Columns for text in a dialog on a screen of the usual width.</summary>
    protected const int TextWidth = 64;

    protected Modal(Palette palette, GlyphSet glyphs, string title)
    {
        Title = title;
        BorderStyle = glyphs.IsAscii ? LineStyle.Single : LineStyle.Heavy;
        ShadowStyle = ShadowStyles.None;
        SetScheme(palette.Scheme());
    }

    /// <summary>The user wants to leave the program, not only the dialog.</summary>
    public bool WantsQuit { get; private set; }

    protected static LinesView TextView(Palette palette, IReadOnlyList<Line> lines, int row) => new(palette)
    {
        X = 0,
        Y = row,
        Width = TextWidth,
        Height = Math.Max(1, lines.Count),
        Lines = lines,
    };

    protected static Button PushButton(string text) => new() { Title = text, ShadowStyle = ShadowStyles.None };

    protected override bool OnKeyDown(Key key)
    {
        switch (KeyNames.Of(key))
        {
            case "Ctrl-C":
                WantsQuit = true;
                App?.RequestStop(this);
                return true;
            case "Esc":
                App?.RequestStop(this);
                return true;
            default:
                return base.OnKeyDown(key);
        }
    }
}
