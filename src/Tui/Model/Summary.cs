using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>How many domains are in which state.</summary>
internal sealed record Summary(int Total, IReadOnlyList<KeyValuePair<string, int>> Counts)
{
    /// <summary>States that end by themselves or by an approval; <c>status --watch</c> waits for them.</summary>
    private static readonly string[] WaitingStates = ["pending", "approved", "running"];

    private static readonly string[] Urgency = ["pending", "failed", "blocked", "running", "approved", "deferred", "done", "current"];

    public int Waiting => Counts.Where(count => WaitingStates.Contains(count.Key)).Sum(count => count.Value);

    public int this[string state] => Counts.FirstOrDefault(count => count.Key == state).Value;

    public static Summary Of(IReadOnlyList<DomainView> domains)
    {
        var found = domains.GroupBy(domain => domain.State).ToDictionary(group => group.Key, group => group.Count());
        var known = StateLook.Words.Where(found.ContainsKey);
        var unknown = found.Keys.Except(StateLook.Words).Order(StringComparer.Ordinal);
        return new Summary(domains.Count, [.. known.Concat(unknown).Select(state => KeyValuePair.Create(state, found[state]))]);
    }

    /// <summary>What needs somebody first, as much as fits: <c>10: 3 pending, 1 failed, …</c>.</summary>
    public string Short(int width, GlyphSet glyphs)
    {
        var text = $"{Total}:";
        var ordered = Counts.OrderBy(count => Array.IndexOf(Urgency, count.Key)).ToList();
        for (var i = 0; i < ordered.Count; i++)
        {
            var next = $"{text}{(i == 0 ? " " : ", ")}{ordered[i].Value} {glyphs.Safe(ordered[i].Key)}";
            var room = i == ordered.Count - 1 ? width : width - 2 - Columns.Of(glyphs.Cut);
            if (Columns.Of(next) > room)
            {
                return $"{text}{(i == 0 ? " " : ", ")}{glyphs.Cut}";
            }

            text = next;
        }

        return text;
    }

    /// <summary>For example <c>3 domains: 2 pending, 1 done</c>.</summary>
    public string Text(GlyphSet glyphs) => Total switch
    {
        0 => "no running domains",
        _ => $"{Total} {(Total == 1 ? "domain" : "domains")}: "
            + string.Join(", ", Counts.Select(count => $"{count.Value} {glyphs.Safe(count.Key)}")),
    };
}
