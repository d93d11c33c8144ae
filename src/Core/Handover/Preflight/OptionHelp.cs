namespace VirtHandover.Handover.Preflight;

/// <summary>Reads what <c>-help</c> prints: the options that a QEMU has.</summary>
internal static class OptionHelp
{
    /// <summary>The options' names, without dashes.</summary>
    /// <param name="text">Lines such as <c>-hda/-hdb file  use …</c>, <c>-h or -help  display …</c>, and others that tell more of the one above.</param>
    internal static IReadOnlySet<string> Parse(string text)
    {
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n').Where(line => line.StartsWith('-')))
        {
            // The names come first; two spaces or a tab part them, and their argument, from what is said of them.
            var end = line.IndexOf("  ", StringComparison.Ordinal) is var gap and >= 0 ? gap : line.Length;
            foreach (var word in line[..end].Split((char[])[' ', '\t', '/'], StringSplitOptions.RemoveEmptyEntries))
            {
                if (word.Length > 1 && word[0] == '-' && word.AsSpan(1).IndexOfAnyExcept(Letters) < 0)
                    names.Add(word[1..]);
            }
        }

        return names;
    }

    private static readonly System.Buffers.SearchValues<char> Letters =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_");
}
