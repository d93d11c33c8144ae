using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>What the composer has to know beside the state.</summary>
internal sealed record ScreenSetting(string HostName, GlyphSet Glyphs, TimeZoneInfo Zone);

/// <summary>The whole screen as text; the views only draw it.</summary>
internal sealed record ScreenContent(
    ScreenLayout Layout,
    IReadOnlyList<Line> Header,
    string QueueTitle,
    IReadOnlyList<Line> Queue,
    string DetailsTitle,
    IReadOnlyList<Line> Details,
    IReadOnlyList<Line> Log,
    string PageTitle,
    IReadOnlyList<Line> Page,
    Line Message,
    Line Keys,
    ScreenExtent Extent);

/// <summary>From the screen's state to its text. Pure.</summary>
internal static class ScreenComposer
{
    private const int MostTitle = 40;
    private const string AwayText = " service away ";

    public static ScreenContent Compose(ScreenState state, int width, int height, ScreenSetting setting, DateTimeOffset now)
    {
        var glyphs = setting.Glyphs;
        var alarm = state.View?.Alarm ?? "";
        var header = new List<Line> { Header(state, setting, width).Fit(width, glyphs.Cut) };
        if (alarm.Length > 0)
        {
            header.Add(new Line(new Run($" {glyphs.Safe(alarm)}", Tone.Bad)).Fit(width, glyphs.Cut));
        }

        if (state.View is { QueueState: not "running", QueueReason.Length: > 0 } view)
        {
            header.Add(new Line(new Run($" {glyphs.Safe(view.QueueReason)}", Tone.Attention)).Fit(width, glyphs.Cut));
        }

        var layout = ScreenLayout.Of(width, height, header.Count);
        var queueRows = Math.Max(0, layout.Queue.InnerHeight - 1);
        var rows = state.Rows;
        var top = KeepVisible(state.Top, state.SelectedRow, queueRows, rows.Count);
        var (title, page) = Page(state, layout.Page, setting, now);
        var first = Math.Clamp(state.Scroll, 0, Math.Max(0, page.Count - layout.Page.InnerHeight));
        var log = PageLines.Log(state.Log.TakeLast(layout.Log.InnerHeight), layout.Log.InnerWidth, glyphs, setting.Zone);
        return new ScreenContent(
            layout,
            header,
            Columns.Cut(glyphs.Safe(QueueTitle(state, rows)), Math.Max(0, layout.Queue.InnerWidth - 2), glyphs.Cut),
            Queue(state, rows, layout.Queue, top, queueRows, setting, now),
            Columns.Cut(glyphs.Safe(state.SelectedDomain?.Name ?? ""), Math.Min(MostTitle, layout.Details.InnerWidth - 2), glyphs.Cut),
            Pane(state, layout.Details, setting, now),
            [.. log.Skip(log.Count - layout.Log.InnerHeight)],
            title,
            [.. page.Skip(first).Take(layout.Page.InnerHeight)],
            Message(state, rows, glyphs).Fit(width, glyphs.Cut),
            KeyTable.Bar(width).Fit(width, glyphs.Cut),
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

    private static Line Header(ScreenState state, ScreenSetting setting, int width)
    {
        var glyphs = setting.Glyphs;
        var runs = new List<Run> { new(" virt-handover ", Tone.Heading), new($" {glyphs.Safe(setting.HostName)}  ") };
        if (state.View is { } view)
        {
            runs.Add(new Run($"mode {glyphs.Safe(view.Mode)}  "));
            if (view.QueueState != "running")
            {
                runs.Add(new Run($"queue {glyphs.Safe(view.QueueState)}", Tone.Attention));
                runs.Add(new Run("  "));
            }

            var summary = Summary.Of(view.Domains);
            var room = width - runs.Sum(run => Columns.Of(run.Text)) - (state.Service is ServiceState.Away ? AwayText.Length : 0);
            runs.Add(new Run(Columns.Of(summary.Text(glyphs)) <= room ? summary.Text(glyphs) : summary.Short(room, glyphs)));
        }

        if (state.Service is ServiceState.Away)
        {
            runs.Insert(1, new Run(AwayText, Tone.Bad));
        }

        return new Line([.. runs]);
    }

    private static string QueueTitle(ScreenState state, IReadOnlyList<DomainView> rows)
    {
        var parts = new List<string> { "Queue" };
        if (!state.Filter.IsEverything)
        {
            parts.Add($"/{state.Filter.Text}  {rows.Count} of {state.View?.Domains.Count ?? 0}");
        }

        if (state.Sort != SortKey.Name)
        {
            parts.Add($"by {Sorting.Word(state.Sort)}");
        }

        if (state.Marked.Count > 0)
        {
            parts.Add($"{state.Marked.Count} marked");
        }

        return string.Join("  ", parts);
    }

    private static Line Message(ScreenState state, IReadOnlyList<DomainView> rows, GlyphSet glyphs) => state.Entry switch
    {
        null => new Line(new Run($" {glyphs.Safe(state.Message)}", state.MessageTone)),
        { Error.Length: > 0 } entry => new Line(Typed(entry, glyphs), new Run($"  {glyphs.Safe(entry.Error)}", Tone.Bad)),
        { Text.Length: 0 } entry => new Line(Typed(entry, glyphs), new Run("  for example state:blocked, !test, web; Esc goes back", Tone.Dim)),
        var entry => new Line(Typed(entry, glyphs), new Run($"  {rows.Count} of {state.View?.Domains.Count ?? 0}", Tone.Dim)),
    };

    private static Run Typed(FilterEntry entry, GlyphSet glyphs) => new($" /{glyphs.Safe(entry.Text)}{glyphs.Caret}", Tone.Heading);

    private static IReadOnlyList<Line> Queue(
        ScreenState state, IReadOnlyList<DomainView> rows, Area area, int top, int visible, ScreenSetting setting, DateTimeOffset now)
    {
        if (!area.IsVisible)
        {
            return [];
        }

        if (rows.Count == 0)
        {
            var text = state.Service switch
            {
                _ when state.View is { Domains.Count: > 0 } view =>
                    $"None of the {view.Domains.Count} domains matches {state.Filter.Text}; Esc shows all again.",
                ServiceState.Connecting => "Looking for the service…",
                ServiceState.Away away => away.Sentence,
                _ => "No domain is running.",
            };

            // On a line of its own: the sentence may end with a command to type.
            var then = state.Service is ServiceState.Away && state.View is not { Domains.Count: > 0 } ? "Trying again until it answers." : "";
            return
            [
                .. Line.Wrapped(setting.Glyphs.Safe(text), area.InnerWidth, Tone.Normal),
                .. then.Length > 0 ? Line.Wrapped(then, area.InnerWidth, Tone.Dim) : [],
            ];
        }

        return
        [
            QueueLines.Head(area.InnerWidth),
            .. rows.Skip(top).Take(visible).Select(domain =>
                QueueLines.Of(domain, state.Marked.Contains(domain.Uuid), area.InnerWidth, setting.Glyphs, now, setting.Zone) with { Selected = domain.Uuid == state.Selected }),
        ];
    }

    private static IReadOnlyList<Line> Pane(ScreenState state, Area area, ScreenSetting setting, DateTimeOffset now)
    {
        if (!area.IsVisible || state.SelectedDomain is not { } domain)
        {
            return [];
        }

        var lines = DetailLines.Of(Subject(state, domain), area.InnerWidth, setting.Glyphs, now, setting.Zone, withName: false);
        return lines.Count <= area.InnerHeight
            ? lines
            : [.. lines.Take(area.InnerHeight - 1), new Line(new Run($"{setting.Glyphs.Cut} Enter shows all", Tone.Dim))];
    }

    private static DetailSubject Subject(ScreenState state, DomainView domain) => new(domain, state.View!, state.Book.Of(domain.Uuid));

    private static (string Title, IReadOnlyList<Line> Lines) Page(ScreenState state, Area area, ScreenSetting setting, DateTimeOffset now) => state.Page switch
    {
        // Too small for a frame: nothing fits.
        _ when !area.IsVisible => ("", []),
        ScreenPage.Details when state.SelectedDomain is { } domain =>
            ("Details", DetailLines.Of(Subject(state, domain), area.InnerWidth, setting.Glyphs, now, setting.Zone)),
        ScreenPage.Pauses => ("Pauses", PauseLines.Page(state, area.InnerWidth, setting.Glyphs)),
        ScreenPage.Log => ("Log", PageLines.Log(state.Log, area.InnerWidth, setting.Glyphs, setting.Zone)),
        ScreenPage.Help => ("Help", PageLines.Help(area.InnerWidth, setting.Glyphs)),
        _ => ("", []),
    };
}
