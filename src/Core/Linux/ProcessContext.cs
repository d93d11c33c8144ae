using System.Globalization;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// Everything about a process that is neither its arguments nor its descriptors: namespaces, control groups, ids, capabilities,
/// security label, limits. Turned into a chain of util-linux tools, so that another program starts in the same context.
/// </summary>
public sealed record ProcessContext
{
    private const string MountNamespace = "--mount";

    private static readonly (string Name, string Option)[] Limits =
    [
        ("Max core file size", "core"), ("Max open files", "nofile"), ("Max processes", "nproc"), ("Max locked memory", "memlock"),
        ("Max stack size", "stack"), ("Max address space", "as"), ("Max file size", "fsize"),
        ("Max cpu time", "cpu"), ("Max data size", "data"), ("Max resident set", "rss"), ("Max file locks", "locks"), ("Max pending signals", "sigpending"),
        ("Max msgqueue size", "msgqueue"), ("Max nice priority", "nice"), ("Max realtime priority", "rtprio"), ("Max realtime timeout", "rttime"),
    ];

    /// <summary>The process that was read.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its control groups.</summary>
    public required Cgroups Cgroups { get; init; }

    /// <summary>Its ids, capabilities and umask.</summary>
    public required ProcessStatus Status { get; init; }

    /// <summary>Its environment.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Namespaces in which it is and the caller is not, as nsenter's options.</summary>
    public required IReadOnlyList<string> ForeignNamespaces { get; init; }

    /// <summary>Its SELinux context or AppArmor profile; empty without such a module or unconfined.</summary>
    public required string Label { get; init; }

    /// <summary>True when <see cref="Label"/> is SELinux's, false when it is AppArmor's.</summary>
    public required bool IsSelinux { get; init; }

    /// <summary>Its limits as prlimit's options.</summary>
    public required IReadOnlyList<string> LimitOptions { get; init; }

    /// <summary>Its <c>oom_score_adj</c>.</summary>
    public required int OutOfMemoryScore { get; init; }

    /// <summary>Its <c>coredump_filter</c>, in hex.</summary>
    public required string CoredumpFilter { get; init; }

    /// <summary>Its working directory.</summary>
    public required string WorkingDirectory { get; init; }

    /// <summary>Reads the context.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static ProcessContext Read(int process)
    {
        string Text(string file) => ProcFile.ReadText(ProcRoot.Host.File(process, file)).TrimEnd('\n', '\0');
        var selinux = Directory.Exists("/sys/fs/selinux") && File.Exists("/sys/fs/selinux/enforce");
        return new ProcessContext
        {
            ProcessId = process,
            Cgroups = Cgroups.OfProcess(process),
            Status = ProcessStatus.Read(ProcRoot.Host, process),
            Environment = ProcessCommandLine.ReadEnvironment(ProcRoot.Host, process),
            ForeignNamespaces = [.. Namespaces(process)],
            Label = ReadLabel(process),
            IsSelinux = selinux,
            LimitOptions = [.. ReadLimits(Text("limits"))],
            OutOfMemoryScore = int.Parse(Text("oom_score_adj"), CultureInfo.InvariantCulture),
            CoredumpFilter = Text("coredump_filter"),
            WorkingDirectory = ProcFile.ReadLink(ProcRoot.Host.File(process, "cwd")),
        };
    }

    /// <summary>
    /// The command that runs <paramref name="program"/> in this context. Order matters: groups, limits and umask while still root in
    /// the host's namespaces, then the namespaces, last the ids and the label.
    /// </summary>
    /// <param name="program">The program and its arguments.</param>
    /// <returns>The full command; its first element is the program to execute.</returns>
    public IReadOnlyList<string> Enter(IReadOnlyList<string> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var groups = Cgroups.JoinFiles;
        var command = new List<string>
        {
            "/bin/sh", "-c",
            // A group that refuses ends the start: a VM outside its group would lose its limits without a word.
            """
            umask "$1"; echo "$2" > /proc/self/coredump_filter; echo "$3" > /proc/self/oom_score_adj; cd "$4"; n=$5; shift 5
            while [ "$n" -gt 0 ]; do echo 0 > "$1" || exit 125; shift; n=$((n-1)); done
            exec "$@"
            """,
            "virt-handover-target",
            Convert.ToString(Math.Max(0, Status.Umask), 8),
            "0x" + CoredumpFilter,
            OutOfMemoryScore.ToString(CultureInfo.InvariantCulture),
            WorkingDirectory,
            groups.Count.ToString(CultureInfo.InvariantCulture),
        };
        command.AddRange(groups);
        command.Add(Tool("prlimit"));
        command.AddRange(LimitOptions);
        if (ForeignNamespaces.Count > 0)
        {
            command.Add(Tool("nsenter"));
            command.Add("--target=" + ProcessId.ToString(CultureInfo.InvariantCulture));
            command.AddRange(ForeignNamespaces);
            command.Add("--wdns=" + WorkingDirectory);
            command.Add("--");
        }

        AddPrivileges(command);
        if (Label.Length > 0)
            command.Add((IsSelinux ? "--selinux-label=" : "--apparmor-profile=") + Label);
        command.Add("--");
        command.AddRange(program);
        return command;
    }

    /// <summary>
    /// The command that runs <paramref name="program"/> with this context's rights to files: its mount namespace, ids and capabilities. Its
    /// control groups are left alone, because a program that takes memory from them could have the kernel end the process they are made
    /// for; and so is its label, in which no program but its own may be started.
    /// </summary>
    /// <param name="program">The program and its arguments.</param>
    /// <returns>The full command; its first element is the program to execute.</returns>
    public IReadOnlyList<string> EnterForFiles(IReadOnlyList<string> program)
    {
        ArgumentNullException.ThrowIfNull(program);
        var command = new List<string>();
        if (ForeignNamespaces.Contains(MountNamespace))
            command.AddRange([Tool("nsenter"), "--target=" + ProcessId.ToString(CultureInfo.InvariantCulture), MountNamespace, "--wdns=/", "--"]);
        AddPrivileges(command);
        command.Add("--");
        command.AddRange(program);
        return command;
    }

    private void AddPrivileges(List<string> command)
    {
        command.Add(Tool("setpriv"));
        command.Add("--ruid=" + Number(Status.UserIds[0]));
        command.Add("--euid=" + Number(Status.UserIds[1]));
        command.Add("--rgid=" + Number(Status.GroupIds[0]));
        command.Add("--egid=" + Number(Status.GroupIds[1]));
        command.Add(Status.Groups.Count == 0 ? "--clear-groups" : "--groups=" + string.Join(',', Status.Groups.Select(Number)));
        command.Add("--inh-caps=-all");
        var dropped = Enumerable.Range(0, 64)
            .Where(bit => (OwnBoundingSet & ~Status.BoundingCapabilities & (1UL << bit)) != 0)
            .Select(bit => "-cap_" + bit.ToString(CultureInfo.InvariantCulture))
            .ToList();
        if (dropped.Count > 0)
            command.Add("--bounding-set=" + string.Join(',', dropped));
    }

    // What the keeper itself lacks, its children lack anyway.
    private static ulong OwnBoundingSet => ProcessStatus.Read(ProcRoot.Host, System.Environment.ProcessId).BoundingCapabilities;

    private static string Number(uint value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Tool(string name) => File.Exists("/usr/bin/" + name) ? "/usr/bin/" + name : "/bin/" + name;

    private static IEnumerable<string> Namespaces(int process)
    {
        (string, string)[] kinds = [("mnt", MountNamespace), ("net", "--net"), ("ipc", "--ipc"), ("uts", "--uts")];
        foreach (var (file, option) in kinds)
        {
            if (ProcFile.ReadLink(ProcRoot.Host.File(process, "ns/" + file)) != ProcFile.ReadLink("/proc/self/ns/" + file))
                yield return option;
        }
    }

    private static string ReadLabel(int process)
    {
        string label;
        try
        {
            label = ProcFile.ReadText(ProcRoot.Host.File(process, "attr/current")).TrimEnd('\n', '\0');
        }
        catch (ProcException exception) when (!exception.IsGone)
        {
            return ""; // no security module: the kernel answers EINVAL
        }

        // AppArmor prints "profile (mode)".
        var mode = label.IndexOf(" (", StringComparison.Ordinal);
        label = mode > 0 ? label[..mode] : label;
        return label is "unconfined" ? "" : label;
    }

    internal static IEnumerable<string> ReadLimits(string table)
    {
        foreach (var line in table.Split('\n'))
        {
            foreach (var (name, option) in Limits)
            {
                if (!line.StartsWith(name, StringComparison.Ordinal))
                    continue;
                var fields = line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields.Length >= 2)
                    yield return $"--{option}={fields[0]}:{fields[1]}";
            }
        }
    }
}
