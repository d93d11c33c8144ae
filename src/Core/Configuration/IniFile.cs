using VirtHandover.Policy;

namespace VirtHandover.Configuration;

/// <summary>Reads one INI file: <c>[Section]</c>, <c>Key=value</c> or <c>Key="value"</c>, and comments behind <c>;</c>, <c>#</c> or <c>/</c>.</summary>
internal static class IniFile
{
    /// <summary>Reads a file's text.</summary>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="text">Its text; untrusted.</param>
    /// <returns>Its entries in the order of their lines.</returns>
    /// <exception cref="ConfigurationException">A line is no comment, section or key, or a key stands twice.</exception>
    public static IReadOnlyList<IniEntry> Read(string path, string text)
    {
        var entries = new List<IniEntry>();
        var seen = new Dictionary<(string Section, string Key), int>();
        var section = "";
        var number = 0;
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } raw)
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is ';' or '#' or '/')
                continue;
            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1].Trim();
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new ConfigurationException(
                    $"{path}, line {number}: \"{PolicyWords.Shown(line)}\" is neither a comment, a [Section] nor a Key=value line.");
            }

            var key = line[..equals].Trim();
            var name = (section.ToUpperInvariant(), key.ToUpperInvariant());
            if (!seen.TryAdd(name, number))
            {
                throw new ConfigurationException(
                    $"{path}, line {number}: the key {PolicyWords.Shown(key)} of section [{PolicyWords.Shown(section)}] "
                    + $"was already set in line {seen[name]}; remove one of the two.");
            }

            entries.Add(new IniEntry(path, number, section, key, Unquoted(line[(equals + 1)..].Trim())));
        }

        return entries;
    }

    private static string Unquoted(string value) => value is ['"', .., '"'] ? value[1..^1] : value;
}
