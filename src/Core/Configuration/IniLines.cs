namespace VirtHandover.Configuration;

/// <summary>Finds the line of every key, which the library does not tell.</summary>
internal static class IniLines
{
    /// <summary>One key's place.</summary>
    /// <param name="Number">The line, from 1.</param>
    /// <param name="Section">Its section; empty before the first one.</param>
    /// <param name="Key">The key alone.</param>
    internal sealed record Place(int Number, string Section, string Key)
    {
        /// <summary>Section and key as the library joins them.</summary>
        public string Name => Section.Length == 0 ? Key : Section + ":" + Key;
    }

    /// <summary>Walks over the lines by the library's rules.</summary>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="text">Its text; untrusted.</param>
    /// <returns>Every key in order.</returns>
    /// <exception cref="ConfigurationException">A line is malformed, or a key stands twice.</exception>
    public static IReadOnlyList<Place> Locate(string path, string text)
    {
        var places = new List<Place>();
        var seen = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        var section = "";
        var number = 0;
        using var reader = new StringReader(text);
        while (reader.ReadLine() is { } raw)
        {
            number++;
            var line = raw.Trim();
            if (line.Length == 0 || line[0] is ';' or '#' or '/')
            {
                continue;
            }

            if (line[0] == '[' && line[^1] == ']')
            {
                section = line[1..^1].Trim();
                continue;
            }

            var equals = line.IndexOf('=', StringComparison.Ordinal);
            if (equals < 0)
            {
                throw new ConfigurationException(
                    $"{path}, line {number}: \"{Shown(line)}\" is neither a comment, a [Section] nor a Key=value line.");
            }

            var place = new Place(number, section, line[..equals].Trim());
            if (!seen.TryAdd(place.Name, number))
            {
                throw new ConfigurationException(
                    $"{path}, line {number}: the key {Shown(place.Key)} of section [{Shown(section)}] was already set in line {seen[place.Name]}; remove one of the two.");
            }

            places.Add(place);
        }

        return places;
    }

    /// <summary>A piece of the file as a message may show it.</summary>
    /// <param name="text">The piece.</param>
    /// <returns>The first 60 characters, without control characters.</returns>
    internal static string Shown(string text) =>
        new([.. text.Take(60).Select(c => char.IsControl(c) ? '?' : c)]);
}
