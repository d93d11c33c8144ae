using System.Globalization;

namespace VirtHandover.Tui.Model;

/// <summary>What keys do while a filter is being typed. Pure.</summary>
internal static class FilterKeys
{
    private const int Longest = 200;

    /// <summary>Starts typing, with the filter there is.</summary>
    public static ScreenState Open(ScreenState state) =>
        state with { Page = ScreenPage.Queue, Scroll = 0, Entry = new FilterEntry(state.Filter.Text, state.Filter, "") };

    /// <summary>A key; the queue follows every letter.</summary>
    /// <param name="state">With a filter that is being typed.</param>
    /// <param name="key">The key's name; a letter is its own name.</param>
    /// <param name="extent">How much is visible.</param>
    public static (ScreenState State, ScreenEffect? Effect) Press(ScreenState state, string key, ScreenExtent extent)
    {
        var entry = state.Entry!;
        return key switch
        {
            "Ctrl-C" => (state, new ScreenEffect.Quit()),
            "Esc" => (QueueRows.Filter(state with { Entry = null }, entry.Before), null),
            "Enter" when entry.Error.Length == 0 => (state with { Entry = null }, null),
            "Backspace" => (Type(state, Shorter(entry.Text)), null),
            "Ctrl-U" => (Type(state, ""), null),
            "Space" => (Type(state, entry.Text + " "), null),
            "Up" or "Down" or "PgUp" or "PgDn" => ScreenKeys.Press(state, KeyTable.Find(key)!.Value, extent),
            _ when key.Length > 0 && new StringInfo(key).LengthInTextElements == 1 && entry.Text.Length < Longest => (Type(state, entry.Text + key), null),
            _ => (state, null),
        };
    }

    private static ScreenState Type(ScreenState state, string text)
    {
        var good = QueueFilter.TryParse(text, out var filter, out var error);
        var next = state with { Entry = state.Entry! with { Text = text, Error = error } };
        return good ? QueueRows.Filter(next, filter) : next;
    }

    private static string Shorter(string text)
    {
        var starts = StringInfo.ParseCombiningCharacters(text);
        return starts.Length == 0 ? "" : text[..starts[^1]];
    }
}
