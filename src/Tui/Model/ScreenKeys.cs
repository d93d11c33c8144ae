using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>How much of it is visible; the composer knows, paging needs it.</summary>
/// <param name="QueueRows">Rows of the queue.</param>
/// <param name="PageRows">Lines of the page on top.</param>
/// <param name="PageLines">Lines the page has in all.</param>
internal sealed record ScreenExtent(int QueueRows, int PageRows, int PageLines);

/// <summary>What keys do to the screen's state. Pure.</summary>
internal static class ScreenKeys
{
    public static (ScreenState State, ScreenEffect? Effect) Press(ScreenState state, ScreenAction action, ScreenExtent extent)
    {
        // A message stays until the next key.
        var quiet = state with { Message = "", MessageTone = Tone.Normal };
        return action switch
        {
            ScreenAction.Quit => (quiet, new ScreenEffect.Quit()),
            ScreenAction.Redraw => (quiet, new ScreenEffect.Redraw()),
            ScreenAction.Rescan => (quiet, new ScreenEffect.Call(ServiceVerb.Rescan, [])),
            ScreenAction.PauseQueue => (quiet, PauseQueue(quiet)),
            ScreenAction.Back => (Back(quiet), null),
            ScreenAction.Help => (Open(quiet, ScreenPage.Help, 0), null),
            ScreenAction.Pauses => (Open(quiet, ScreenPage.Pauses, 0), null),
            ScreenAction.Log => (Open(quiet, ScreenPage.Log, int.MaxValue), null),
            ScreenAction.Details when quiet.SelectedDomain is not null => (Open(quiet, ScreenPage.Details, 0), null),
            ScreenAction.Filter => (FilterKeys.Open(quiet), null),
            ScreenAction.Sort => (Sort(quiet, Sorting.Next(quiet.Sort)), null),
            ScreenAction.SortAgain => (Sort(quiet, quiet.Sort), null),
            ScreenAction.Mark => (Mark(quiet, extent), null),
            ScreenAction.MarkAll => (MarkAll(quiet), null),
            ScreenAction.Up => (Move(quiet, -1, extent), null),
            ScreenAction.Down => (Move(quiet, 1, extent), null),
            ScreenAction.PageUp => (Move(quiet, -Page(quiet, extent), extent), null),
            ScreenAction.PageDown => (Move(quiet, Page(quiet, extent), extent), null),
            ScreenAction.First => (Move(quiet, -1_000_000, extent), null),
            ScreenAction.Last => (Move(quiet, 1_000_000, extent), null),
            ScreenAction.ApproveAll => ApproveAll(quiet),
            _ => OnDomains(quiet, action),
        };
    }

    private static ScreenState Open(ScreenState state, ScreenPage page, int scroll) => state with { Page = page, Scroll = scroll };

    /// <summary>Closes one thing, the topmost.</summary>
    private static ScreenState Back(ScreenState state) => state switch
    {
        { Page: not ScreenPage.Queue } => Open(state, ScreenPage.Queue, 0),
        { Filter.IsEverything: false } => QueueRows.Filter(state, QueueFilter.Everything),
        _ => state with { Marked = [] },
    };

    private static ScreenState Sort(ScreenState state, SortKey key) =>
        QueueRows.Sort(Open(state, ScreenPage.Queue, 0), key).Say($"Sorted by {Sorting.Word(key)}; S sorts again, rows do not move by themselves.", Tone.Normal);

    private static int Page(ScreenState state, ScreenExtent extent) =>
        Math.Max(1, (state.Page == ScreenPage.Queue ? extent.QueueRows : extent.PageRows) - 1);

    private static ScreenState Move(ScreenState state, int by, ScreenExtent extent)
    {
        if (state.Page != ScreenPage.Queue)
        {
            var last = Math.Max(0, extent.PageLines - extent.PageRows);
            return state with { Scroll = Math.Clamp(Math.Min(state.Scroll, last) + by, 0, last) };
        }

        var rows = state.Rows;
        return rows.Count == 0 ? state : QueueRows.Select(state, rows, state.SelectedRow + by);
    }

    private static ScreenState Mark(ScreenState state, ScreenExtent extent)
    {
        if (state.Selected is not { } uuid || state.SelectedDomain is null)
        {
            return state;
        }

        var marked = state with { Marked = state.Marked.SymmetricExcept([uuid]) };
        return state.Page == ScreenPage.Queue ? Move(marked, 1, extent) : marked;
    }

    private static ScreenState MarkAll(ScreenState state)
    {
        var shown = state.Rows.Select(domain => domain.Uuid).ToList();
        return state with { Marked = shown.All(state.Marked.Contains) ? state.Marked.Except(shown) : state.Marked.Union(shown) };
    }

    private static ScreenEffect PauseQueue(ScreenState state) =>
        state.View?.QueueState == "paused" ? new ScreenEffect.Call(ServiceVerb.ResumeQueue, []) : new ScreenEffect.AskPauseQueue();

    private static (ScreenState State, ScreenEffect? Effect) ApproveAll(ScreenState state)
    {
        var pending = state.Rows.Where(domain => domain.State == "pending").ToList();
        var shown = state.Filter.IsEverything ? "Every pending domain." : $"Shown: filter {state.Filter.Text}.";
        return pending.Count == 0
            ? (state.Say("No domain that is shown is pending; there is nothing to approve.", Tone.Attention), null)
            : (state, new ScreenEffect.AskApproveAll(pending, $"{shown} {Expected(state, pending)}".Trim()));
    }

    private static (ScreenState State, ScreenEffect? Effect) OnDomains(ScreenState state, ScreenAction action)
    {
        var domains = Targets(state);
        if (domains.Count == 0)
        {
            return (state.Say(state.Marked.IsEmpty ? "No domain is selected." : "None of the marked domains is shown; Esc clears the filter.", Tone.Attention), null);
        }

        // Marks are for one action: what is pressed later must not hit domains that nobody looks at any more.
        var next = state.Marked.IsEmpty || state.Page == ScreenPage.Details ? state : state with { Marked = [] };
        return action switch
        {
            ScreenAction.Approve when domains.Count > 1 => (next, new ScreenEffect.AskApproveAll(domains, $"Marked. {Expected(state, domains)}".Trim())),
            ScreenAction.Approve => (next, new ScreenEffect.Call(ServiceVerb.Approve, domains)),
            ScreenAction.Defer => (next, new ScreenEffect.AskDefer(domains)),
            ScreenAction.Undefer => (next, new ScreenEffect.Call(ServiceVerb.Undefer, domains)),
            ScreenAction.Cancel => (next, new ScreenEffect.Call(ServiceVerb.Cancel, domains)),
            ScreenAction.Retry => (next, new ScreenEffect.Call(ServiceVerb.Retry, domains)),
            ScreenAction.Rehearse => (next, new ScreenEffect.Call(ServiceVerb.Rehearse, domains)),
            _ => (state, null),
        };
    }

    /// <summary>The marked domains that are shown; without marks, and on the details' page, the selected one.</summary>
    private static IReadOnlyList<DomainView> Targets(ScreenState state) =>
        state.Marked.IsEmpty || state.Page == ScreenPage.Details
            ? state.SelectedDomain is { } domain ? [domain] : []
            : [.. state.Rows.Where(row => state.Marked.Contains(row.Uuid))];

    /// <summary>What pauses are to be expected, from those there were.</summary>
    private static string Expected(ScreenState state, IReadOnlyList<DomainView> domains)
    {
        var pauses = PauseStatistics.Of(domains.SelectMany(domain => state.Book.Of(domain.Uuid)).Select(report => report.PauseMicroseconds));
        return pauses is null ? "" : $"Their pauses so far: p50 {Quantity.Duration(pauses.P50)}, longest {Quantity.Duration(pauses.Max)}.";
    }
}
