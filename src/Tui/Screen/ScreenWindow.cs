using System.Text;
using Terminal.Gui.Drawing;
using Terminal.Gui.Input;
using Terminal.Gui.ViewBase;
using Terminal.Gui.Views;
using VirtHandover.Tui.Model;
using Line = VirtHandover.Tui.Model.Line;

namespace VirtHandover.Tui.Screen;

/// <summary>The screen's views; they only show what the composer made of the state.</summary>
internal sealed class ScreenWindow : Runnable
{
    private readonly ScreenSetting setting;
    private readonly TimeProvider time;
    private readonly Func<string, bool> press;
    private readonly Action<ScreenContent> shown;
    private readonly LinesView header;
    private readonly Pane queue;
    private readonly Pane details;
    private readonly Pane log;
    private readonly Pane page;
    private readonly LinesView message;
    private readonly LinesView keys;
    private ScreenState state = new();
    private ScreenLayout? placed;

    /// <summary>Creates the window.</summary>
    /// <param name="palette">The colours, or none.</param>
    /// <param name="setting">What the composer needs.</param>
    /// <param name="time">The clock of "today" and "tomorrow".</param>
    /// <param name="press">Takes a key; false when it does nothing.</param>
    /// <param name="shown">Hears what was shown.</param>
    public ScreenWindow(Palette palette, ScreenSetting setting, TimeProvider time, Func<string, bool> press, Action<ScreenContent> shown)
    {
        this.setting = setting;
        this.time = time;
        this.press = press;
        this.shown = shown;
        CanFocus = true;
        SetScheme(palette.Scheme());
        header = new LinesView(palette) { Height = 1 };
        queue = new Pane(palette, "Queue", setting.Glyphs);
        details = new Pane(palette, "", setting.Glyphs);
        log = new Pane(palette, "Log", setting.Glyphs);
        page = new Pane(palette, "", setting.Glyphs);
        message = new LinesView(palette) { Height = 1 };
        keys = new LinesView(palette) { Height = 1 };
        Add(header, queue, details, log, page, message, keys);
    }

    /// <summary>Shows a state; only what differs is drawn.</summary>
    public void Show(ScreenState next)
    {
        state = next;
        Compose(Viewport.Width, Viewport.Height);
    }

    protected override void OnViewportChanged(DrawEventArgs e)
    {
        base.OnViewportChanged(e);
        Compose(e.NewViewport.Width, e.NewViewport.Height);
    }

    protected override bool OnKeyDown(Key key) => press(KeyNames.Of(key));

    private void Compose(int width, int height)
    {
        if (width <= 0 || height <= 0)
        {
            return;
        }

        var content = ScreenComposer.Compose(state, width, height, setting, time.GetUtcNow());
        var layout = content.Layout;
        var isPage = content.PageTitle.Length > 0;
        Place(layout);
        header.Lines = content.Header;
        queue.Show(isPage ? Area.None : layout.Queue, content.Queue, content.QueueTitle);
        details.Show(isPage ? Area.None : layout.Details, content.Details, content.DetailsTitle);
        log.Show(isPage ? Area.None : layout.Log, content.Log);
        page.Show(isPage ? layout.Page : Area.None, content.Page, content.PageTitle);
        message.Lines = [content.Message];
        keys.Lines = [content.Keys];
        shown(content);
    }

    /// <summary>Terminal.Gui draws everything anew when a place is set, even to what it was.</summary>
    private void Place(ScreenLayout layout)
    {
        if (placed is { } old && (old.HeaderHeight, old.MessageRow, old.KeyRow) == (layout.HeaderHeight, layout.MessageRow, layout.KeyRow))
        {
            return;
        }

        placed = layout;
        header.Height = layout.HeaderHeight;
        message.Y = layout.MessageRow;
        keys.Y = layout.KeyRow;
    }

    /// <summary>A frame around lines.</summary>
    private sealed class Pane : View
    {
        private readonly LinesView content;
        private Area area;

        public Pane(Palette palette, string title, GlyphSet glyphs)
        {
            CanFocus = false;
            // A domain may be called a_b; that is no shortcut.
            HotKeySpecifier = (Rune)'\xffff';
            Title = title;
            BorderStyle = glyphs.IsAscii ? LineStyle.Single : LineStyle.Rounded;
            content = new LinesView(palette);
            Add(content);
        }

        public void Show(Area next, IReadOnlyList<Line> lines, string? title = null)
        {
            if (Visible != next.IsVisible)
            {
                Visible = next.IsVisible;
            }

            if (next != area && next.IsVisible)
            {
                area = next;
                (X, Y, Width, Height) = (next.X, next.Y, next.Width, next.Height);
            }

            if (title is not null && title != Title)
            {
                Title = title;
            }

            content.Lines = lines;
        }
    }
}
