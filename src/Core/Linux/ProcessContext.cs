using System.Globalization;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// Everything about a process that is neither its arguments nor its descriptors: namespaces, control groups, ids, capabilities,
/// security label, limits. <see cref="LaunchContexts"/> makes of it what another program starts with.
/// </summary>
public sealed record ProcessContext
{
    // Their numbers are the same on x86-64 and arm64.
    private static readonly (string Name, int Resource)[] s_limits =
    [
        ("Max cpu time", 0), ("Max file size", 1), ("Max data size", 2), ("Max stack size", 3), ("Max core file size", 4), ("Max resident set", 5),
        ("Max processes", 6), ("Max open files", 7), ("Max locked memory", 8), ("Max address space", 9), ("Max file locks", 10),
        ("Max pending signals", 11), ("Max msgqueue size", 12), ("Max nice priority", 13), ("Max realtime priority", 14), ("Max realtime timeout", 15),
    ];

    /// <summary>The process that was read.</summary>
    public required int ProcessId { get; init; }

    /// <summary>Its control groups.</summary>
    public required Cgroups Cgroups { get; init; }

    /// <summary>Its ids, capabilities and umask.</summary>
    public required ProcessStatus Status { get; init; }

    /// <summary>Its environment.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>Its SELinux context or AppArmor profile; empty without such a module or unconfined.</summary>
    public required string Label { get; init; }

    /// <summary>True when <see cref="Label"/> is SELinux's, false when it is AppArmor's.</summary>
    public required bool IsSelinux { get; init; }

    /// <summary>Its limits.</summary>
    public required IReadOnlyList<LaunchLimit> Limits { get; init; }

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
            Label = ReadLabel(process),
            IsSelinux = selinux,
            Limits = [.. ReadLimits(Text("limits"))],
            OutOfMemoryScore = int.Parse(Text("oom_score_adj"), CultureInfo.InvariantCulture),
            CoredumpFilter = Text("coredump_filter"),
            WorkingDirectory = ProcFile.ReadLink(ProcRoot.Host.File(process, "cwd")),
        };
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

    /// <summary>Reads <c>/proc/PID/limits</c>: name, soft limit, hard limit and unit in columns.</summary>
    internal static IEnumerable<LaunchLimit> ReadLimits(string table)
    {
        foreach (var line in table.Split('\n'))
        {
            foreach (var (name, resource) in s_limits)
            {
                if (line.StartsWith(name, StringComparison.Ordinal) && line[name.Length..].Split(' ', StringSplitOptions.RemoveEmptyEntries) is [var soft, var hard, ..])
                    yield return new LaunchLimit(resource, name, Number(name, soft), Number(name, hard));
            }
        }
    }

    private static ulong Number(string name, string text) => text == "unlimited" ? ulong.MaxValue
        : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number
        : throw ProcException.Malformed("limits", $"'{name}' is '{text}'");
}
