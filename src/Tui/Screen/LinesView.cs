using Terminal.Gui.ViewBase;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>Draws lines that are laid out already; draws nothing when they have not changed.</summary>
internal sealed class LinesView : View
{
    private readonly Palette palette;
    private IReadOnlyList<Line> lines = [];

    public LinesView(Palette palette)
    {
        this.palette = palette;
        CanFocus = false;
        Width = Dim.Fill();
        Height = Dim.Fill();
    }

    public IReadOnlyList<Line> Lines
    {
        get => lines;
        set
        {
            if (!lines.SequenceEqual(value))
            {
                lines = value;
                SetNeedsDraw();
            }
        }
    }

    protected override bool OnDrawingContent(DrawContext? context)
    {
        for (var row = 0; row < Math.Min(lines.Count, Viewport.Height); row++)
        {
            Move(0, row);
            foreach (var run in lines[row].Runs)
            {
                SetAttribute(palette.Of(run.Tone, lines[row].Selected));
                AddStr(run.Text);
            }
        }

        return base.OnDrawingContent(context);
    }
}
