using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>One row of the key table.</summary>
/// <param name="Action">What the key does.</param>
/// <param name="Keys">The keys, the first being the one that is shown in the key bar.</param>
/// <param name="Bar">Its word in the key bar; empty for keys that only the help page names.</param>
/// <param name="Help">What it does, for the help page.</param>
/// <param name="Twin">What follows <c>virt-handover</c> on the command line for the same; empty when there is nothing.</param>
internal sealed record KeyEntry(ScreenAction Action, IReadOnlyList<string> Keys, string Bar, string Help, string Twin = "");

/// <summary>All keys of the screen; the key bar, the help page and the manual are made from it.</summary>
internal static class KeyTable
{
    public static readonly IReadOnlyList<KeyEntry> Entries =
    [
        new(ScreenAction.Approve, ["a"], "Approve", "approve the marked domains, or the selected one", "approve DOMAIN..."),
        new(ScreenAction.ApproveAll, ["A"], "All", "approve every pending domain that is shown; asks first", "approve --all"),
        new(ScreenAction.Defer, ["d"], "Defer", "put them off until a time, with a reason", "defer DOMAIN... --until 22:00"),
        new(ScreenAction.Cancel, ["c"], "Cancel", "take an approval back, or cancel before the pause", "cancel DOMAIN..."),
        new(ScreenAction.Retry, ["r"], "Retry", "look at a failed or blocked domain again", "retry DOMAIN..."),
        new(ScreenAction.Filter, ["/"], "Filter", "show only what matches, for example state:blocked or !test", "list --filter FILTER"),
        new(ScreenAction.Mark, ["m", "Space"], "Mark", "mark the selected domain for the next action, or not, and go on"),
        new(ScreenAction.Undefer, ["u"], "Undefer", "end the deferral before its time", "undefer DOMAIN..."),
        new(ScreenAction.Pauses, ["t"], "Pauses", "show the pauses of all domains, with p50, p95 and the longest", "pauses"),
        new(ScreenAction.PauseQueue, ["p"], "Pause queue", "start no further handover; once more: go on", "queue pause REASON"),
        new(ScreenAction.Sort, ["s"], "Sort", "sort by the next of name, state, pause, total, QEMU", "list --sort KEY"),
        new(ScreenAction.Details, ["Enter"], "Details", "show everything about the selected domain", "show DOMAIN"),
        new(ScreenAction.SortAgain, ["S"], "", "sort again by the same; rows never move by themselves"),
        new(ScreenAction.MarkAll, ["M"], "", "mark all that are shown, or none"),
        new(ScreenAction.Rehearse, ["e"], "", "rehearse: everything up to the twin check", "rehearse DOMAIN..."),
        new(ScreenAction.Rescan, ["F5"], "", "have the service look at all domains again", "rescan"),
        new(ScreenAction.Log, ["l"], "", "show the log of this session", "history"),
        new(ScreenAction.Up, ["Up", "k"], "", "select the domain above; scroll up"),
        new(ScreenAction.Down, ["Down", "j"], "", "select the domain below; scroll down"),
        new(ScreenAction.PageUp, ["PgUp"], "", "a page up"),
        new(ScreenAction.PageDown, ["PgDn"], "", "a page down"),
        new(ScreenAction.First, ["Home", "g"], "", "the first one"),
        new(ScreenAction.Last, ["End", "G"], "", "the last one"),
        new(ScreenAction.Redraw, ["Ctrl-L"], "", "draw the screen anew"),
        new(ScreenAction.Help, ["?"], "Help", "show this page", "--help"),
        new(ScreenAction.Back, ["Esc"], "", "close what is open on top, then the filter, then the marks; never quits"),
        new(ScreenAction.Quit, ["q", "Ctrl-C"], "Quit", "leave; what the service does goes on"),
    ];

    private static readonly Dictionary<string, ScreenAction> ByKey =
        Entries.SelectMany(entry => entry.Keys.Select(key => (key, entry.Action))).ToDictionary(pair => pair.key, pair => pair.Action);

    private static readonly ScreenAction[] Always = [ScreenAction.Help, ScreenAction.Quit];

    /// <summary>The action of a key, as <see cref="KeyEntry.Keys"/> writes it; null when the key does nothing.</summary>
    public static ScreenAction? Find(string key) => ByKey.TryGetValue(key, out var action) ? action : null;

    /// <summary>The line at the bottom: the first keys that fit; help and quit always.</summary>
    public static Line Bar(int width)
    {
        var last = Entries.Where(entry => Always.Contains(entry.Action)).ToList();
        var left = width - last.Sum(Width);
        var fitting = Entries.Where(entry => entry.Bar.Length > 0 && !last.Contains(entry)).TakeWhile(entry => (left -= Width(entry)) >= 0);
        var runs = new List<Run>();
        foreach (var entry in fitting.Concat(last))
        {
            runs.Add(new Run(runs.Count == 0 ? " " : "  "));
            runs.Add(new Run(entry.Keys[0], Tone.Heading));
            runs.Add(new Run($" {entry.Bar}"));
        }

        return new Line([.. runs]);

        static int Width(KeyEntry entry) => Columns.Of(entry.Keys[0]) + 1 + Columns.Of(entry.Bar) + 2;
    }
}
