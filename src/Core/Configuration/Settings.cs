using VirtHandover.Policy;
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
        foreach (var file in More(path).Prepend(path))
        {
            var text = ReadText(file) ?? (file == path ? "" : throw new ConfigurationException($"The configuration {file} is a link that leads to nothing."));
            foreach (var entry in IniFile.Read(file, text))
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
                ? $"{where}: the key {PolicyWords.Shown(entry.Key)} stands before any section; the sections are {sections}."
                : $"{where}: there is no section [{PolicyWords.Shown(entry.Section)}]; the sections are {sections}.");
        }

        var key = section.Find(key => Same(key.Name, entry.Key)) ?? throw new ConfigurationException(
            $"{where}: there is no key {PolicyWords.Shown(entry.Key)} in section [{section[0].Section}]; "
            + $"its keys are {string.Join(", ", section.Select(one => one.Name))}.");
        try
        {
            return key.Apply(options, entry.Value.Trim()) ?? throw new ConfigurationException(
                $"{key.Name}={PolicyWords.Shown(entry.Value)} is not valid; {key.Name} is {key.Right}.");
        }
        catch (ConfigurationException e)
        {
            throw new ConfigurationException($"{where}: {e.Message}");
        }
    }

    // Not File.Exists: what lies where this process may not look would count as missing, and what it forbids as allowed.
    private static IReadOnlyList<string> More(string path)
    {
        var more = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/", "conf.d");
        try
        {
            return [.. Directory.GetFiles(more, "*.conf").Order(StringComparer.Ordinal)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(more, e);
        }
    }

    private static string? ReadText(string file)
    {
        try
        {
            return File.ReadAllText(file);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(file, e);
        }
    }

    private static ConfigurationException Unreadable(string path, Exception e) => new(
        $"The configuration {path} cannot be read: {e.Message.TrimEnd('.')}. The user virt-handover has to be able to, because the front of virt-handoverd runs as it.");

    private static bool Same(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);
}
