using System.Text;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>
/// A line that is being typed into bash, up to the cursor: taken apart as bash would, but nothing in it is expanded or run. Bash itself
/// gives its words cut at colons and with their quotation marks on.
/// </summary>
internal sealed class BashLine
{
    private readonly char openQuote;
    private readonly string keep;

    /// <param name="line">The line up to the cursor.</param>
    /// <param name="wordBreaks"><c>COMP_WORDBREAKS</c>: where readline lets the word begin that it replaces.</param>
    public BashLine(string line, string wordBreaks)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        var started = false;
        var breakAt = 0;
        for (var i = 0; i < line.Length; i++)
        {
            var letter = line[i];
            if (openQuote != '\0')
            {
                if (letter == openQuote)
                {
                    openQuote = '\0';
                }
                else if (letter == '\\' && openQuote == '"' && i + 1 < line.Length && line[i + 1] is '"' or '\\' or '$' or '`')
                {
                    word.Append(line[++i]);
                }
                else if (letter == '\\' && openQuote == '"' && i + 1 == line.Length)
                {
                    // All that the replies had in common may end with the backslash before something that they have not.
                    continue;
                }
                else
                {
                    word.Append(letter);
                }
            }
            else if (letter is ' ' or '\t')
            {
                if (started)
                {
                    words.Add(word.ToString());
                    word.Clear();
                }

                (started, breakAt) = (false, 0);
                continue;
            }
            else if (letter is '\'' or '"')
            {
                openQuote = letter;
                breakAt = word.Length;
            }
            else if (letter == '\\')
            {
                // At the end the letter that it is for is still to come.
                word.Append(++i < line.Length ? line[i..(i + 1)] : "");
            }
            else
            {
                word.Append(letter);
                breakAt = letter is ':' or '=' && wordBreaks.Contains(letter) ? word.Length : breakAt;
            }

            started = true;
        }

        words.Add(word.ToString());
        Words = words;
        keep = words[^1][..breakAt];
    }

    /// <summary>The words; the last one is being typed and may be empty.</summary>
    public IReadOnlyList<string> Words { get; }

    /// <summary>What readline has to be told to make the last word this one.</summary>
    public string Reply(string value)
    {
        var rest = value.StartsWith(keep, StringComparison.Ordinal) ? value[keep.Length..] : value;
        if (openQuote == '\0')
        {
            return ShellWord.Escape(rest);
        }

        // Readline closes the quotation, but not when what it has put there ends with such a mark.
        var word = ShellWord.Within(rest, openQuote);
        return word.EndsWith(openQuote) ? word + openQuote : word;
    }
}
