using System.Collections.Immutable;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>An argument of the form <c>word,key=value,flag,noflag</c>.</summary>
internal sealed class KeyedOptionValue : OptionValue
{
    private readonly ImmutableArray<Item> _items;

    internal KeyedOptionValue(string text) => _items = [.. Split(text).Select(Item.Of)];

    private KeyedOptionValue(ImmutableArray<Item> items) => _items = items;

    internal override bool IsJson => false;

    internal override IReadOnlyList<string> Keys => [.. _items.Where((item, i) => item.Value is not null || i > 0).Select(item => item.Key)];

    internal override string? Text(string key)
    {
        // The last one wins, as in QEMU.
        for (var i = _items.Length - 1; i >= 0; i--)
        {
            var item = _items[i];
            if (item.Key == key)
                return item.Value ?? "on";
            if (item.Value is null && item.Key.Length == key.Length + 2 && item.Key.StartsWith("no", StringComparison.Ordinal) && item.Key.EndsWith(key, StringComparison.Ordinal))
                return "off";
        }

        return null;
    }

    internal override string? Implied(string key) =>
        _items is [{ Value: null } first, ..] && first.Key.Length > 0 ? first.Key : Text(key);

    internal override OptionValue With(string key, JsonValue value)
    {
        var item = new Item(key, value.GetValueKind() switch
        {
            JsonValueKind.True => "on",
            JsonValueKind.False => "off",
            JsonValueKind.String => value.GetValue<string>(),
            _ => value.ToJsonString(),
        });
        var at = -1;
        for (var i = 0; i < _items.Length; i++)
        {
            if (_items[i].Key == key && _items[i].Value is not null)
                at = i;
        }

        return new KeyedOptionValue(at >= 0 ? _items.SetItem(at, item) : _items.Add(item));
    }

    internal override OptionValue Without(string key) =>
        new KeyedOptionValue(_items.RemoveAll(item => item.Key == key || (item.Value is null && item.Key == "no" + key)));

    internal override string Render()
    {
        var text = new StringBuilder();
        for (var i = 0; i < _items.Length; i++)
        {
            if (i > 0)
                text.Append(',');
            text.Append(_items[i].Key.Replace(",", ",,", StringComparison.Ordinal));
            if (_items[i].Value is { } value)
                text.Append('=').Append(value.Replace(",", ",,", StringComparison.Ordinal));
        }

        return text.ToString();
    }

    /// <summary>
    /// The items of a value, as QEMU divides it: at single commas; two stand for one in an item. Whoever checks a command line divides it by this as well,
    /// so that nothing is started that was checked as something else.
    /// </summary>
    internal static IEnumerable<string> Split(string text)
    {
        var part = new StringBuilder();
        for (var i = 0; i <= text.Length; i++)
        {
            if (i < text.Length && text[i] != ',')
            {
                part.Append(text[i]);
            }
            else if (i + 1 < text.Length && text[i + 1] == ',')
            {
                part.Append(',');
                i++;
            }
            else
            {
                yield return part.ToString();
                part.Clear();
            }
        }
    }

    private readonly record struct Item(string Key, string? Value)
    {
        internal static Item Of(string text) =>
            text.IndexOf('=', StringComparison.Ordinal) is var at and >= 0 ? new(text[..at], text[(at + 1)..]) : new(text, null);
    }
}
