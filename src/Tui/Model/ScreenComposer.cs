using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>What the composer has to know beside the state.</summary>
internal sealed record ScreenSetting(string HostName, GlyphSet Glyphs, TimeZoneInfo Zone);

/// <summary>The whole screen as text; the views only draw it.</summary>
internal sealed record ScreenContent(
    ScreenLayout Layout,
    IReadOnlyList<Line> Header,
    IReadOnlyList<Line> Queue,
    string DetailsTitle,
    IReadOnlyList<Line> Details,
    IReadOnlyList<Line> Log,
    string PageTitle,
    IReadOnlyList<Line> Page,
    Line Message,
    Line Keys,
    int Top,
    ScreenExtent Extent);

/// <summary>From the screen's state to its text. Pure.</summary>
internal static class ScreenComposer
{
    private const int MostTitle = 40;

    public static ScreenContent Compose(ScreenState state, int width, int height, ScreenSetting setting, DateTimeOffset now)
    {
        var glyphs = setting.Glyphs;
        var alarm = state.View?.Alarm ?? "";
        var header = new List<Line> { Header(state, setting).Fit(width, glyphs.Cut) };
        if (alarm.Length > 0)
        {
            header.Add(new Line(new Run($" {glyphs.Safe(alarm)}", Tone.Bad)).Fit(width, glyphs.Cut));
        }

        var layout = ScreenLayout.Of(width, height, header.Count);
        var queueRows = Math.Max(0, layout.Queue.InnerHeight - 1);
        var top = KeepVisible(state.Top, state.SelectedRow, queueRows, state.Rows.Count);
        var (title, page) = Page(state, layout.Page, setting, now);
        var first = Math.Clamp(state.Scroll, 0, Math.Max(0, page.Count - layout.Page.InnerHeight));
        var log = PageLines.Log(state.Log.TakeLast(layout.Log.InnerHeight), layout.Log.InnerWidth, glyphs, setting.Zone);
        return new ScreenContent(
            layout,
            header,
            Queue(state, layout.Queue, top, queueRows, setting, now),
            Columns.Cut(glyphs.Safe(state.SelectedDomain?.Name ?? ""), Math.Min(MostTitle, layout.Details.InnerWidth - 2), glyphs.Cut),
            Pane(state, layout.Details, setting, now),
            [.. log.Skip(log.Count - layout.Log.InnerHeight)],
            title,
            [.. page.Skip(first).Take(layout.Page.InnerHeight)],
            new Line(new Run($" {glyphs.Safe(state.Message)}", state.MessageTone)).Fit(width, glyphs.Cut),
            KeyTable.Bar().Fit(width, glyphs.Cut),
            top,
            new ScreenExtent(queueRows, layout.Page.InnerHeight, page.Count));
    }

    /// <summary>The first visible row, moved as little as possible.</summary>
    public static int KeepVisible(int top, int selected, int visible, int count)
    {
        if (visible <= 0)
        {
            return 0;
        }

        if (selected < top)
        {
            top = selected;
        }
        else if (selected >= top + visible)
        {
            top = selected - visible + 1;
        }

        return Math.Clamp(top, 0, Math.Max(0, count - visible));
    }

    private static Line Header(ScreenState state, ScreenSetting setting)
    {
        var glyphs = setting.Glyphs;
        var runs = new List<Run> { new(" virt-handover ", Tone.Heading), new($" {glyphs.Safe(setting.HostName)}  ") };
        if (state.View is { } view)
        {
            runs.Add(new Run($"mode {glyphs.Safe(view.Mode)}  "));
            runs.Add(new Run(Summary.Of(view.Domains).Text(glyphs)));
        }

        if (state.Service is ServiceState.Away)
        {
            runs.Insert(1, new Run(" service away ", Tone.Bad));
        }

        return new Line([.. runs]);
    }

    private static IReadOnlyList<Line> Queue(
        ScreenState state, Area area, int top, int visible, ScreenSetting setting, DateTimeOffset now)
    {
        if (!area.IsVisible)
        {
            return [];
        }

        if (state.Rows.Count == 0)
        {
            var text = state.Service switch
            {
                ServiceState.Connecting => "Looking for the service…",
                ServiceState.Away away => $"{away.Sentence} Trying again until it answers.",
                _ => "No domain is running.",
            };
            return [.. Line.Wrapped(setting.Glyphs.Safe(text), area.InnerWidth, Tone.Normal)];
        }

        return
        [
            QueueLines.Head(area.InnerWidth),
            .. state.Rows.Skip(top).Take(visible).Select(domain =>
                QueueLines.Of(domain, area.InnerWidth, setting.Glyphs, now, setting.Zone) with { Selected = domain.Uuid == state.Selected }),
        ];
    }

    private static IReadOnlyList<Line> Pane(ScreenState state, Area area, ScreenSetting setting, DateTimeOffset now)
    {
        if (!area.IsVisible || state.SelectedDomain is not { } domain)
        {
            return [];
        }

        var lines = DetailLines.Of(domain, area.InnerWidth, setting.Glyphs, now, setting.Zone, withName: false);
        return lines.Count <= area.InnerHeight
            ? lines
            : [.. lines.Take(area.InnerHeight - 1), new Line(new Run($"{setting.Glyphs.Cut} Enter shows all", Tone.Dim))];
    }

    private static (string Title, IReadOnlyList<Line> Lines) Page(ScreenState state, Area area, ScreenSetting setting, DateTimeOffset now) => state.Page switch
    {
        // Too small for a frame: nothing fits.
        _ when !area.IsVisible => ("", []),
        ScreenPage.Details when state.SelectedDomain is { } domain =>
            ("Details", DetailLines.Of(domain, area.InnerWidth, setting.Glyphs, now, setting.Zone)),
        ScreenPage.Log => ("Log", PageLines.Log(state.Log, area.InnerWidth, setting.Glyphs, setting.Zone)),
        ScreenPage.Help => ("Help", PageLines.Help(area.InnerWidth, setting.Glyphs)),
        _ => ("", []),
    };
}
