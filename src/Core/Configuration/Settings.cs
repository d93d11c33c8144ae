using VirtHandover.Queue;

namespace VirtHandover.Configuration;

/// <summary>Reads <c>/etc/virt-handover/virt-handover.conf</c> and then <c>conf.d/*.conf</c> beside it, in the order of their names; the last value wins.</summary>
public static class Settings
{
    /// <summary>Reads the files; what they do not say keeps its default.</summary>
    /// <param name="path">The main file; it may be missing.</param>
    /// <returns>Validated options.</returns>
    /// <exception cref="ConfigurationException">A file cannot be read, or a line, key or value is wrong.</exception>
    public static QueueOptions Load(string path)
    {
        var options = new QueueOptions();
        foreach (var file in Files(path))
        {
            foreach (var entry in IniFile.Read(file, ReadText(file)))
            {
                options = Apply(options, entry);
            }
        }

        return options;
    }

    internal static QueueOptions Apply(QueueOptions options, IniEntry entry)
    {
        var where = $"{entry.File}, line {entry.Line}";
        var section = SettingKey.All.Where(key => Same(key.Section, entry.Section)).ToList();
        if (section.Count == 0)
        {
            var sections = string.Join(", ", SettingKey.All.Select(key => $"[{key.Section}]").Distinct());
            throw new ConfigurationException(entry.Section.Length == 0
                ? $"{where}: the key {IniLines.Shown(entry.Key)} stands before any section; the sections are {sections}."
                : $"{where}: there is no section [{IniLines.Shown(entry.Section)}]; the sections are {sections}.");
        }

        var key = section.Find(key => Same(key.Name, entry.Key)) ?? throw new ConfigurationException(
            $"{where}: there is no key {IniLines.Shown(entry.Key)} in section [{section[0].Section}]; its keys are {string.Join(", ", section.Select(one => one.Name))}.");
        try
        {
            return key.Apply(options, entry.Value.Trim()) ?? throw new ConfigurationException(
                $"{key.Name}={IniLines.Shown(entry.Value)} is not valid; {key.Name} is {key.Right}.");
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{where}: {e.Message}");
        }
    }

    private static IEnumerable<string> Files(string path)
    {
        if (File.Exists(path))
        {
            yield return path;
        }

        var more = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", "conf.d");
        if (Directory.Exists(more))
        {
            foreach (var file in Directory.GetFiles(more, "*.conf").Order(StringComparer.Ordinal))
            {
                yield return file;
            }
        }
    }

    private static string ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigurationException($"The configuration file {file} cannot be read: {e.Message}");
        }
    }

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
