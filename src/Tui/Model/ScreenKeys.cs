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
            ScreenAction.Back => (Open(quiet, ScreenPage.Queue, 0), null),
            ScreenAction.Help => (Open(quiet, ScreenPage.Help, 0), null),
            ScreenAction.Log => (Open(quiet, ScreenPage.Log, int.MaxValue), null),
            ScreenAction.Details when quiet.SelectedDomain is not null => (Open(quiet, ScreenPage.Details, 0), null),
            ScreenAction.Up => (Move(quiet, -1, extent), null),
            ScreenAction.Down => (Move(quiet, 1, extent), null),
            ScreenAction.PageUp => (Move(quiet, -Page(quiet, extent), extent), null),
            ScreenAction.PageDown => (Move(quiet, Page(quiet, extent), extent), null),
            ScreenAction.First => (Move(quiet, -1_000_000, extent), null),
            ScreenAction.Last => (Move(quiet, 1_000_000, extent), null),
            ScreenAction.ApproveAll => ApproveAll(quiet),
            _ => OnSelected(quiet, action),
        };
    }

    private static ScreenState Open(ScreenState state, ScreenPage page, int scroll) => state with { Page = page, Scroll = scroll };

    private static int Page(ScreenState state, ScreenExtent extent) =>
        Math.Max(1, (state.Page == ScreenPage.Queue ? extent.QueueRows : extent.PageRows) - 1);

    private static ScreenState Move(ScreenState state, int by, ScreenExtent extent)
    {
        if (state.Page != ScreenPage.Queue)
        {
            var last = Math.Max(0, extent.PageLines - extent.PageRows);
            return state with { Scroll = Math.Clamp(Math.Min(state.Scroll, last) + by, 0, last) };
        }

        if (state.Rows.Count == 0)
        {
            return state;
        }

        var row = Math.Clamp(state.SelectedRow + by, 0, state.Rows.Count - 1);
        return state with { SelectedRow = row, Selected = state.Rows[row].Uuid };
    }

    private static (ScreenState State, ScreenEffect? Effect) ApproveAll(ScreenState state)
    {
        var pending = state.Rows.Where(domain => domain.State == "pending").ToList();
        return pending.Count == 0
            ? (state.Say("No domain is pending; there is nothing to approve.", Tone.Attention), null)
            : (state, new ScreenEffect.AskApproveAll(pending));
    }

    private static (ScreenState State, ScreenEffect? Effect) OnSelected(ScreenState state, ScreenAction action)
    {
        if (state.SelectedDomain is not { } domain)
        {
            return (state.Say("No domain is selected.", Tone.Attention), null);
        }

        return (state, action switch
        {
            ScreenAction.Approve => new ScreenEffect.Call(ServiceVerb.Approve, [domain]),
            ScreenAction.Defer => new ScreenEffect.AskDefer(domain),
            ScreenAction.Cancel => new ScreenEffect.Call(ServiceVerb.Cancel, [domain]),
            ScreenAction.Retry => new ScreenEffect.Call(ServiceVerb.Retry, [domain]),
            ScreenAction.Rehearse => new ScreenEffect.Call(ServiceVerb.Rehearse, [domain]),
            _ => null,
        });
    }
}
