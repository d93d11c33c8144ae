using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>
/// Which domains are shown: words that all have to match, <c>!</c> before one for the opposite, <c>key:value</c> for one property,
/// quotation marks around what has blanks or colons. The screen's <c>/</c> and <c>list --filter</c> share it.
/// </summary>
internal sealed class QueueFilter
{
    public const string Example = "state:blocked, !test, state:pending,failed web";

    public static readonly QueueFilter Everything = new("", []);

    private static readonly string[] Keys = ["state", "method", "qemu", "code"];

    private readonly IReadOnlyList<Term> terms;

    private QueueFilter(string text, IReadOnlyList<Term> terms)
    {
        Text = text;
        this.terms = terms;
    }

    /// <summary>As it was typed.</summary>
    public string Text { get; }

    public bool IsEverything => terms.Count == 0;

    public bool Matches(DomainView domain) => terms.All(term => term.Values.Any(value => Has(domain, term.Key, value)) != term.Not);

    /// <summary>Reads a filter.</summary>
    /// <param name="text">What was typed; empty for everything.</param>
    /// <param name="filter">The filter; <see cref="Everything"/> when it cannot be read.</param>
    /// <param name="error">What is wrong, where, and an example; empty when all is well.</param>
    public static bool TryParse(string text, out QueueFilter filter, out string error)
    {
        filter = Everything;
        var terms = new List<Term>();
        var at = 0;
        while (Skip(text, ref at))
        {
            var start = at;
            var not = text[at] == '!';
            at += not ? 1 : 0;
            if (!Word(text, ref at, out var word, out var bare, out error))
            {
                return false;
            }

            var colon = bare.IndexOf(':', StringComparison.Ordinal);
            var key = colon < 0 ? "" : word[..colon].ToLowerInvariant();
            var value = colon < 0 ? word : word[(colon + 1)..];
            error = (colon >= 0 && !Keys.Contains(key), value.Length == 0) switch
            {
                (true, _) => $"“{Printable.Of(word[..colon])}:” at character {start + 1} is nothing to filter by; there are state:, method:, qemu: and code:, and a name with a colon goes into quotation marks.",
                (_, true) => $"Nothing stands behind “{Printable.Of(text[start..at])}” at character {start + 1}; write for example {Example}.",
                _ => "",
            };
            if (error.Length > 0)
            {
                return false;
            }

            var values = key.Length == 0 ? [value] : value.Split(',', StringSplitOptions.RemoveEmptyEntries);
            if (values.Length == 0 || (key == "state" && values.FirstOrDefault(IsNoState) is not null))
            {
                error = $"“{Printable.Of(values.FirstOrDefault(IsNoState) ?? value)}” at character {start + 1} is no state; the states are {string.Join(", ", StateLook.Words)}.";
                return false;
            }

            terms.Add(new Term(not, key, values));
        }

        filter = terms.Count == 0 ? Everything : new QueueFilter(text.Trim(), terms);
        error = "";
        return true;

        static bool IsNoState(string value) => !StateLook.Words.Any(state => state.StartsWith(value, StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>Two filters are the same when they were typed alike.</summary>
    public override bool Equals(object? other) => other is QueueFilter filter && filter.Text == Text;

    public override int GetHashCode() => StringComparer.Ordinal.GetHashCode(Text);

    private static bool Has(DomainView domain, string key, string value) => key switch
    {
        "state" => domain.State.StartsWith(value, StringComparison.OrdinalIgnoreCase),
        "method" => Contains(domain.Method, value),
        "qemu" => Contains(domain.RunningVersion, value) || Contains(domain.RunningPackage, value),
        "code" => domain.Findings.Any(finding => Contains(finding.Code, value)),
        _ => Contains(domain.Name, value) || Contains(domain.Uuid.ToString(), value) || domain.Findings.Any(finding => Contains(finding.Code, value)),
    };

    private static bool Contains(string text, string value) => text.Contains(value, StringComparison.OrdinalIgnoreCase);

    private static bool Skip(string text, ref int at)
    {
        while (at < text.Length && text[at] == ' ')
        {
            at++;
        }

        return at < text.Length;
    }

    /// <summary>Reads up to the next blank outside quotation marks.</summary>
    /// <param name="text">The filter.</param>
    /// <param name="at">Where the word starts; then behind it.</param>
    /// <param name="word">The word without the marks.</param>
    /// <param name="bare">The word's beginning up to the first mark: only there can a key be.</param>
    /// <param name="error">What is wrong.</param>
    private static bool Word(string text, ref int at, out string word, out string bare, out string error)
    {
        var letters = new System.Text.StringBuilder();
        var open = -1;
        string? head = null;
        for (; at < text.Length && (open >= 0 || text[at] != ' '); at++)
        {
            if (text[at] != '"')
            {
                letters.Append(text[at]);
                continue;
            }

            head ??= letters.ToString();
            open = open < 0 ? at : -1;
        }

        word = letters.ToString();
        bare = head ?? word;
        error = open < 0 ? "" : $"The quotation mark at character {open + 1} is not closed; write for example \"my vm\".";
        return error.Length == 0;
    }

    private sealed record Term(bool Not, string Key, string[] Values);
}
