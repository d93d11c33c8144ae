using System.Text;
using Microsoft.Extensions.Configuration.Ini;

namespace VirtHandover.Configuration;

/// <summary>Reads one INI file: the library says what the values are, <see cref="IniLines"/> says where they stand.</summary>
internal static class IniFile
{
    /// <summary>Reads a file's text.</summary>
    /// <param name="path">The file's path, for messages.</param>
    /// <param name="text">Its text; untrusted.</param>
    /// <returns>Its entries in the order of their lines.</returns>
    /// <exception cref="ConfigurationException">A line is no comment, section or key, or a key stands twice.</exception>
    public static IReadOnlyList<IniEntry> Read(string path, string text)
    {
        var lines = IniLines.Locate(path, text);
        IDictionary<string, string?> values;
        try
        {
            using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
            values = IniStreamConfigurationProvider.Read(stream);
        }
        catch (FormatException e)
        {
            throw new ConfigurationException($"{path}: {e.Message}");
        }

        return [.. lines.Select(line => new IniEntry(path, line.Number, line.Section, line.Key, values[line.Name] ?? ""))];
    }
}
