using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Model;

/// <summary>
/// Which rows the queue has and which of them the cursor is on. A domain under the cursor stays, even when it does not match the
/// filter any more, until the cursor leaves it: what is pressed next must not hit another one.
/// </summary>
internal static class QueueRows
{
    public static IReadOnlyList<DomainView> Of(ScreenState state)
    {
        var domains = state.View?.Domains ?? [];
        if (state.Order.Count > 0)
        {
            var places = state.Order.Select((uuid, place) => (uuid, place)).ToDictionary(pair => pair.uuid, pair => pair.place);
            domains = [.. domains.OrderBy(domain => places.GetValueOrDefault(domain.Uuid, int.MaxValue))];
        }

        return state.Filter.IsEverything ? domains : [.. domains.Where(domain => domain.Uuid == state.Selected || state.Filter.Matches(domain))];
    }

    /// <summary>After the domains have changed: the cursor follows its domain; when that is gone, the row stays where it was.</summary>
    public static ScreenState Follow(ScreenState state)
    {
        var rows = state.Rows;
        var row = IndexOf(rows, state.Selected);
        if (row >= 0)
        {
            return state.SelectedRow == row ? state : state with { SelectedRow = row };
        }

        // The details of a domain that has gone would silently become those of another.
        var page = state is { Page: ScreenPage.Details, Selected: not null } ? ScreenPage.Queue : state.Page;
        return Select(state with { Page = page }, rows, state.SelectedRow);
    }

    /// <summary>Puts the cursor on a row of these, the nearest there is.</summary>
    public static ScreenState Select(ScreenState state, IReadOnlyList<DomainView> rows, int row)
    {
        row = Math.Clamp(row, 0, Math.Max(0, rows.Count - 1));
        var next = state with { SelectedRow = row, Selected = rows.Count == 0 ? null : rows[row].Uuid };

        // The row that the cursor has left may have gone with it.
        return rows.Count == 0 ? next : next with { SelectedRow = IndexOf(next.Rows, next.Selected) };
    }

    /// <summary>Shows what another filter lets through; the cursor keeps its domain if that is among it.</summary>
    public static ScreenState Filter(ScreenState state, QueueFilter filter)
    {
        var next = state with { Filter = filter };
        if (state.SelectedDomain is { } domain && filter.Matches(domain))
        {
            return Follow(next);
        }

        var rows = (next with { Selected = null }).Rows;
        return Select(next with { Selected = null, Page = next.Page == ScreenPage.Details ? ScreenPage.Queue : next.Page }, rows, 0);
    }

    /// <summary>Sorts once; what changes later does not move rows.</summary>
    public static ScreenState Sort(ScreenState state, SortKey key)
    {
        var order = key == SortKey.Name ? [] : Sorting.Sort(state.View?.Domains ?? [], key).Select(domain => domain.Uuid);
        return Follow(state with { Sort = key, Order = [.. order] });
    }

    private static int IndexOf(IReadOnlyList<DomainView> rows, Guid? uuid)
    {
        for (var i = 0; i < rows.Count; i++)
        {
            if (rows[i].Uuid == uuid)
            {
                return i;
            }
        }

        return -1;
    }
}
