using System.Globalization;

namespace VirtHandover.Linux.Proc;

/// <summary><c>/proc/PID/status</c>, see proc_pid_status(5).</summary>
public sealed class ProcessStatus
{
    /// <summary>Neither a number nor a list of such.</summary>
    private const string Twice = "twice";

    private static readonly char[] s_blanks = [' ', '\t'];

    private readonly string _path;
    private readonly Dictionary<string, string> _fields;

    private ProcessStatus(string path, Dictionary<string, string> fields)
    {
        _path = path;
        _fields = fields;
    }

    /// <summary>The umask; -1 when the kernel does not say.</summary>
    public int Umask => _fields.TryGetValue("Umask", out string? text) ? Octal(text) : -1;

    /// <summary>The parent.</summary>
    public int ParentId => Number("PPid", Text("PPid"));

    /// <summary>Real, effective, saved and file system user id.</summary>
    public IReadOnlyList<uint> UserIds => Ids("Uid", exactly: 4);

    /// <summary>Real, effective, saved and file system group id.</summary>
    public IReadOnlyList<uint> GroupIds => Ids("Gid", exactly: 4);

    /// <summary>Supplementary groups.</summary>
    public IReadOnlyList<uint> Groups => Ids("Groups", exactly: null);

    /// <summary>Number of threads.</summary>
    public int Threads => Number("Threads", Text("Threads"));

    /// <summary>Permitted capabilities.</summary>
    public ulong PermittedCapabilities => Mask("CapPrm");

    /// <summary>Effective capabilities.</summary>
    public ulong EffectiveCapabilities => Mask("CapEff");

    /// <summary>Inheritable capabilities.</summary>
    public ulong InheritableCapabilities => Mask("CapInh");

    /// <summary>Capability bounding set.</summary>
    public ulong BoundingCapabilities => Mask("CapBnd");

    /// <summary>Ambient capabilities.</summary>
    public ulong AmbientCapabilities => Mask("CapAmb");

    /// <summary>Ignored signals; bit 0 is signal 1.</summary>
    public ulong IgnoredSignals => Mask("SigIgn");

    /// <summary>Whether <c>no_new_privs</c> is set.</summary>
    public bool NoNewPrivileges => _fields.GetValueOrDefault("NoNewPrivs") == "1";

    /// <summary>Seccomp mode: 0 none, 1 strict, 2 filter.</summary>
    public int SeccompMode => _fields.TryGetValue("Seccomp", out string? text) ? Number("Seccomp", text) : 0;

    /// <summary>Number of seccomp filters; −1 when the kernel does not say.</summary>
    public int SeccompFilters => _fields.TryGetValue("Seccomp_filters", out string? text) ? Number("Seccomp_filters", text) : -1;

    /// <summary>Resident anonymous memory in bytes; 0 for a zombie.</summary>
    public long AnonymousBytes => Bytes("RssAnon");

    /// <summary>Reads a process.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>Its status; a missing or malformed field throws when it is asked for.</returns>
    /// <exception cref="ProcException">The process has ended, or may not be read.</exception>
    public static ProcessStatus Read(ProcRoot proc, int processId)
    {
        string path = proc.File(processId, "status");
        return Parse(path, ProcFile.ReadBytes(path));
    }

    /// <summary>Reads every thread of a process. Threads that end meanwhile are left out.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>Their statuses; at least one.</returns>
    /// <exception cref="ProcException">The process has ended, or may not be read.</exception>
    public static IReadOnlyList<ProcessStatus> ReadThreads(ProcRoot proc, int processId)
    {
        List<ProcessStatus> threads = [];
        string tasks = proc.File(processId, "task");
        try
        {
            foreach (string path in Directory.EnumerateDirectories(tasks))
            {
                try
                {
                    threads.Add(Parse(path, ProcFile.ReadBytes(path + "/status")));
                }
                catch (ProcException exception) when (exception.IsGone)
                {
                    // A worker that has just ended.
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProcException(tasks, isGone: exception is DirectoryNotFoundException, $"{tasks} cannot be read: {exception.Message}");
        }

        return threads.Count > 0 ? threads : throw new ProcException(tasks, isGone: true, $"{tasks} does not exist any more: the process has ended.");
    }

    /// <summary>What a process or thread has that another one has not: ids, capabilities, a missing filter. In words, as the end of a sentence.</summary>
    /// <param name="model">The other.</param>
    public IEnumerable<string> RightsBeyond(ProcessStatus model)
    {
        ArgumentNullException.ThrowIfNull(model);
        if (!UserIds.SequenceEqual(model.UserIds) || !GroupIds.SequenceEqual(model.GroupIds))
            yield return $"the ids {IdWords()}, the old one's are {model.IdWords()}";
        if (!Groups.Order().SequenceEqual(model.Groups.Order()))
            yield return "other supplementary groups than the old one";
        foreach (var (name, mine, its) in new[]
        {
            ("permitted", PermittedCapabilities, model.PermittedCapabilities), ("effective", EffectiveCapabilities, model.EffectiveCapabilities),
            ("bounding", BoundingCapabilities, model.BoundingCapabilities), ("ambient", AmbientCapabilities, model.AmbientCapabilities),
        })
        {
            if ((mine & ~its) != 0)
                yield return FormattableString.Invariant($"{name} capabilities that the old one has not (mask {mine & ~its:x})");
        }

        if (model.NoNewPrivileges && !NoNewPrivileges)
            yield return "no no-new-privileges, which the old one has";
        if (SeccompMode != model.SeccompMode || SeccompFilters < model.SeccompFilters)
            yield return $"{FilterWords()}, the old one {model.FilterWords()}";
    }

    private string IdWords() => $"{string.Join(' ', UserIds)} and {string.Join(' ', GroupIds)}";

    private string FilterWords() => FormattableString.Invariant($"the system call filter mode {SeccompMode} with {SeccompFilters} filters");

    /// <summary>Reads the file's content.</summary>
    /// <param name="path">Named in exceptions.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>The status; a missing or malformed field throws when it is asked for.</returns>
    public static ProcessStatus Parse(string path, ReadOnlySpan<byte> content)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        // A line ends with '\n' and with nothing else: the kernel escapes that one in the process's name, which may hold any other byte, and
        // several of those end a line for .NET's own reader.
        foreach (string line in System.Text.Encoding.Latin1.GetString(content).Split('\n'))
        {
            int colon = line.IndexOf(':', StringComparison.Ordinal);
            // The kernel says nothing twice: of two answers neither counts.
            if (colon > 0 && !fields.TryAdd(line[..colon], line[(colon + 1)..].Trim(s_blanks)))
            {
                fields[line[..colon]] = Twice;
            }
        }

        return new ProcessStatus(path, fields);
    }

    private string Text(string field) => _fields.TryGetValue(field, out string? text) ? text : throw Bad(field);

    private ulong Mask(string field) =>
        ulong.TryParse(Text(field), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ulong mask) ? mask : throw Bad(field);

    private int Number(string field, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number : throw Bad(field);

    private long Bytes(string field)
    {
        if (!_fields.TryGetValue(field, out string? text))
        {
            return 0;
        }

        return text.EndsWith(" kB", StringComparison.Ordinal)
            && long.TryParse(text.AsSpan(0, text.Length - 3), NumberStyles.None, CultureInfo.InvariantCulture, out long kib)
            && kib <= long.MaxValue / 1024
            ? kib * 1024
            : throw Bad(field);
    }

    private List<uint> Ids(string field, int? exactly)
    {
        var ids = new List<uint>();
        foreach (string part in Text(field).Split(s_blanks, StringSplitOptions.RemoveEmptyEntries))
        {
            ids.Add(uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out uint id) ? id : throw Bad(field));
        }

        return exactly is null || ids.Count == exactly ? ids : throw Bad(field);
    }

    private int Octal(string text)
    {
        int value = 0;
        foreach (char c in text)
        {
            value = c is >= '0' and <= '7' && value < 0x1000 ? (value * 8) + (c - '0') : throw Bad("Umask");
        }

        return value;
    }

    private ProcException Bad(string field) => ProcException.Malformed(_path, $"field {field} is missing or not as documented");
}
