using System.Globalization;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// Everything that the kernel ties to a process and that a new one must have as the old one has it, by a name for people and in the kernel's
/// words. The table in <c>docs/handover.md</c> says how each gets there.
/// </summary>
/// <param name="Values">Value by name.</param>
public sealed record ProcessTies(IReadOnlyDictionary<string, string> Values)
{
    // Those of /proc/PID/status that are settings, not states; a kernel has them or not.
    private static readonly (string Field, string Name)[] StatusFields =
    [
        ("Umask", "file mode mask"), ("Uid", "user ids"), ("Gid", "group ids"), ("Groups", "supplementary groups"),
        ("CapInh", Inheritable), ("CapPrm", "permitted capabilities"), ("CapEff", "effective capabilities"), ("CapBnd", BoundingSet),
        ("CapAmb", "ambient capabilities"),
        ("NoNewPrivs", "no-new-privileges"), ("Seccomp", "system call filter"), ("THP_enabled", "transparent huge pages"),
    ];

    private static readonly string[] Namespaces = ["cgroup", "ipc", "mnt", "net", "pid", "time", "user", "uts"];

    private static readonly char[] s_blanks = [' ', '\t'];

    private const string Inheritable = "inheritable capabilities";
    private const string BoundingSet = "capability bounding set";
    private const string OpenFiles = "limit 'Max open files'";
    private const int LimitName = 26;

    /// <summary>Namespaces into which nothing is started: libvirt puts no QEMU there.</summary>
    private static readonly string[] Unentered = ["cgroup", "pid", "time", "user"];

    /// <summary>Reads a process's.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static ProcessTies Of(int process)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        void Add(string name, string? value)
        {
            if (value is not null)
                values[name] = value;
        }

        // Byte by byte: a process's name need not be UTF-8.
        var status = System.Text.Encoding.Latin1.GetString(ProcFile.ReadBytes(ProcRoot.Host.File(process, "status")));
        foreach (var (name, value) in SettingsIn(status))
            values[name] = value;
        foreach (var kind in Namespaces)
            Add($"{kind} namespace", LinkOf(process, "ns/" + kind));
        foreach (var (name, value) in LimitsIn(ReadOptional(process, "limits") ?? ""))
            values[name] = value;
        Add("control groups", string.Join(' ', Cgroups.OfProcess(process).Paths));
        Add("OOM score", ReadOptional(process, "oom_score_adj"));
        Add("core dump filter", ReadOptional(process, "coredump_filter"));
        Add("personality", ReadOptional(process, "personality"));
        Add("nice value of its autogroup", ReadOptional(process, "autogroup")?.Split(" nice ")[^1]);
        Add("security label", ReadOptional(process, "attr/current"));
        Add("working directory", LinkOf(process, "cwd"));
        Add("NUMA memory policy", MemoryPolicy.Of(process).Text);
        return new ProcessTies(values);
    }

    /// <summary>
    /// Reads only what walls a process off from others: its namespaces, control groups and label, and with whom its first thread shares a core. For
    /// a look that costs a guest's time: some 50 µs.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static ProcessTies ConfinementOf(int process)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var kind in Namespaces)
            values[$"{kind} namespace"] = LinkOf(process, "ns/" + kind) ?? "none";
        values["control groups"] = ReadOptional(process, "cgroup") ?? "none";
        values["security label"] = ReadOptional(process, "attr/current") ?? "none";
        values["core scheduling cookie"] = ThreadAttributes.CookieOf(process).ToString(CultureInfo.InvariantCulture);
        return new ProcessTies(values);
    }

    /// <summary>What differs, a sentence each.</summary>
    /// <param name="other">The new process's.</param>
    public IReadOnlyList<string> Differences(ProcessTies other)
    {
        ArgumentNullException.ThrowIfNull(other);
        return [.. Values.Keys.Union(other.Values.Keys, StringComparer.Ordinal)
            .Select(name => (Name: name, Old: Values.GetValueOrDefault(name, "none"), New: other.Values.GetValueOrDefault(name, "none")))
            .Where(each => each.Old != each.New && !(each.Name is BoundingSet or Inheritable && IsSubset(each.New, each.Old)) && !(each.Name == OpenFiles && IsRaised(each.Old, each.New)))
            .Select(each => $"The {each.Name} of the new QEMU is '{each.New}', that of the old one '{each.Old}'.")];
    }

    // A newer QEMU raises the soft limit to the hard one by itself: seen with 10.0.2, not with 7.2.
    private static bool IsRaised(string old, string now) => old.Split(' ') is [_, var hard] && now == $"{hard} {hard}";

    /// <summary>What a running process has that no other can be given, known before one is started.</summary>
    /// <param name="own">The ties of the program that starts the other.</param>
    /// <param name="schedulings">How its threads are scheduled.</param>
    /// <param name="resourceGroups">What <c>cpu_resctrl_groups</c> says of each thread.</param>
    public IReadOnlyList<string> Obstacles(ProcessTies own, IReadOnlyList<ThreadAttributes> schedulings, IReadOnlyList<string> resourceGroups)
    {
        ArgumentNullException.ThrowIfNull(own);
        ArgumentNullException.ThrowIfNull(schedulings);
        ArgumentNullException.ThrowIfNull(resourceGroups);
        const uint Deadline = 6;
        List<string> obstacles = [.. Unentered
            .Select(kind => $"{kind} namespace")
            .Where(name => Values.GetValueOrDefault(name) != own.Values.GetValueOrDefault(name))
            .Select(name => $"Its QEMU is in a {name} of its own.")];
        if (Values.GetValueOrDefault("transparent huge pages") != own.Values.GetValueOrDefault("transparent huge pages"))
            obstacles.Add("Transparent huge pages are switched off or on for its QEMU alone.");
        if (Values.GetValueOrDefault("personality") != own.Values.GetValueOrDefault("personality"))
            obstacles.Add($"Its QEMU has the personality {Values.GetValueOrDefault("personality")}.");
        if (schedulings.Any(each => each.Policy == Deadline))
            obstacles.Add("A thread of its QEMU is scheduled by deadline.");
        // res:/\nmon:/ is the root's; libvirt's cachetune and memorytune make others.
        if (resourceGroups.Any(group => group.Split('\n').Any(line => line.StartsWith("res:", StringComparison.Ordinal) && line["res:".Length..].Trim('/', ' ').Length > 0)))
            obstacles.Add("Threads of its QEMU have a share of the CPU's cache or memory bandwidth (resctrl).");
        return obstacles;
    }

    /// <summary>Reads the obstacles of a process.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static IReadOnlyList<string> ObstaclesOf(int process)
    {
        List<ThreadAttributes> schedulings = [];
        List<string> groups = [];
        foreach (var thread in ThreadsOf(process))
        {
            try
            {
                schedulings.Add(ThreadAttributes.Of(thread));
                if (ReadOptional(thread, "cpu_resctrl_groups") is { } group)
                    groups.Add(group);
            }
            catch (LinuxException)
            {
                // A worker that has just ended.
            }
        }

        return Of(process).Obstacles(Of(Environment.ProcessId), schedulings, groups);
    }

    /// <summary>What <c>/proc/PID/status</c> says of settings.</summary>
    internal static IEnumerable<(string Name, string Value)> SettingsIn(string status)
    {
        foreach (var (field, name) in StatusFields)
        {
            if (FieldOf(status, field + ":") is { } value)
                yield return (name, value);
        }
    }

    /// <summary>What <c>/proc/PID/limits</c> says: its columns are of fixed width, as limits' names have blanks in them.</summary>
    internal static IEnumerable<(string Name, string Value)> LimitsIn(string limits) => limits.Split('\n').Skip(1)
        .Where(line => line.Length > LimitName)
        .Select(line => (
            $"limit '{line[..LimitName].TrimEnd()}'", string.Join(' ', line[LimitName..].Split(' ', StringSplitOptions.RemoveEmptyEntries).Take(2))));

    // The service has given up what it never needs, and so has what it starts. What a process may gain by executing others may be less, not more.
    private static bool IsSubset(string inner, string outer) =>
        ulong.TryParse(inner, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var part)
        && ulong.TryParse(outer, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var whole)
        && (part & ~whole) == 0;

    private static IEnumerable<int> ThreadsOf(int process)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(ProcRoot.Host.File(process, "task")).Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))];
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProcException(ProcRoot.Host.File(process, "task"), isGone: exception is DirectoryNotFoundException, exception.Message);
        }
    }

    private static string? FieldOf(string status, string field) =>
        status.Split('\n').FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal)) is { } found
            ? string.Join(' ', found[field.Length..].Split(s_blanks, StringSplitOptions.RemoveEmptyEntries))
            : null;

    private static string? ReadOptional(int process, string file)
    {
        try
        {
            return ProcFile.ReadText(ProcRoot.Host.File(process, file)).Trim('\n', '\0', ' ');
        }
        catch (ProcException)
        {
            RequireAlive(process);
            return null; // a kernel without it
        }
    }

    private static string? LinkOf(int process, string file)
    {
        try
        {
            return ProcFile.ReadLink(ProcRoot.Host.File(process, file));
        }
        catch (ProcException)
        {
            RequireAlive(process);
            return null;
        }
    }

    private static void RequireAlive(int process) => _ = ProcessStatus.Read(ProcRoot.Host, process);
}
