using System.Globalization;
using System.Text.Json.Serialization;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>One control group.</summary>
/// <param name="Mount">Where its hierarchy is mounted.</param>
/// <param name="Unified">True for v2.</param>
/// <param name="Path">The group's path below the mount point.</param>
public sealed record CgroupPlace(string Mount, bool Unified, string Path);

/// <summary>The control groups a process or thread is in, over all hierarchies of the host (v1, v2 and both at once).</summary>
/// <param name="Places">The groups, but for roots of hierarchies, where every process starts.</param>
public sealed record Cgroups(IReadOnlyList<CgroupPlace> Places)
{
    /// <summary>Reads where a process is.</summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static Cgroups OfProcess(int process) => Of(process, "cgroup");

    /// <summary>Reads where one thread is.</summary>
    /// <param name="process">Its process.</param>
    /// <param name="thread">The thread.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static Cgroups OfThread(int process, int thread) =>
        Of(process, string.Create(CultureInfo.InvariantCulture, $"task/{thread}/cgroup"));

    /// <summary>The files to which a process writes <c>0</c> to join these groups.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> JoinFiles => [.. Places.Select(place => place.Mount + place.Path + "/cgroup.procs")];

    /// <summary>The groups' paths, for comparison.</summary>
    [JsonIgnore]
    public IReadOnlyList<string> Paths => [.. Places.Select(place => place.Path)];

    /// <summary>What the tightest memory limit of the groups and their parents leaves, in bytes; null without a limit.</summary>
    [JsonIgnore]
    public long? MemoryLeft
    {
        get
        {
            long? left = null;
            foreach (var (mount, unified, path) in Places)
            {
                for (var group = path; group.Length > 1; group = group[..Math.Max(0, group.LastIndexOf('/'))])
                {
                    var limit = Number(mount + group + (unified ? "/memory.max" : "/memory.limit_in_bytes"));
                    var used = Number(mount + group + (unified ? "/memory.current" : "/memory.usage_in_bytes"));
                    // v1 says "no limit" with a number near 2^63.
                    if (limit is { } most && most < long.MaxValue / 2 && used is { } now)
                        left = Math.Min(left ?? long.MaxValue, Math.Max(0, most - now + Reclaimable(mount + group, unified)));
                }
            }

            return left;
        }
    }

    /// <summary>Moves one thread into these groups. A hierarchy in which it already is costs one write.</summary>
    /// <param name="thread">The thread.</param>
    /// <returns>The sentences of what could not be done; a thread in a wrong group runs, only its limits differ.</returns>
    public IReadOnlyList<string> TryJoinThread(HeldThread thread)
    {
        ArgumentNullException.ThrowIfNull(thread);
        var failures = new List<string>();
        foreach (var (mount, unified, path) in Places)
        {
            var file = mount + path + (unified ? "/cgroup.threads" : "/tasks");
            try
            {
                thread.Do(id => File.WriteAllText(file, id.ToString(CultureInfo.InvariantCulture)));
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or LinuxException)
            {
                failures.Add($"Thread {thread.Id} cannot join {file}: {exception.Message}");
            }
        }

        return failures;
    }

    /// <summary>File pages that the kernel drops before it ends anybody; a disk that the host caches fills a group with them.</summary>
    private static long Reclaimable(string group, bool unified) => Number(group + "/memory.stat", unified ? "inactive_file " : "total_inactive_file ") ?? 0;

    /// <summary>The number in a file, or behind a word of it.</summary>
    private static long? Number(string file, string word = "")
    {
        try
        {
            return File.ReadAllText(file).Split('\n').FirstOrDefault(line => line.StartsWith(word, StringComparison.Ordinal)) is { } found
                && long.TryParse(found.AsSpan(word.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null; // this hierarchy has no memory controller
        }
    }

    private static Cgroups Of(int process, string file)
    {
        return new Cgroups(PlacesIn(ProcFile.ReadText(ProcRoot.Host.File(process, file)), Mounts()));
    }

    /// <summary>The groups that a <c>/proc/PID/cgroup</c> names.</summary>
    /// <param name="text">Its content.</param>
    /// <param name="mounts">Where the hierarchies are.</param>
    internal static IReadOnlyList<CgroupPlace> PlacesIn(string text, IReadOnlyList<(string Point, bool Unified, HashSet<string> Options)> mounts)
    {
        var places = new List<CgroupPlace>();
        foreach (var line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            // hierarchy-ID:controllers:path
            var parts = line.Split(':', 3);
            var mount = parts.Length == 3
                ? mounts.FirstOrDefault(m => parts[1].Length == 0 ? m.Unified : parts[1].Split(',').Any(m.Options.Contains))
                : default;
            // The root group of a hierarchy is where every process starts; nothing to join.
            if (mount.Point is not null && parts[2] != "/")
                places.Add(new CgroupPlace(mount.Point, mount.Unified, parts[2]));
        }

        return places;
    }

    private static List<(string Point, bool Unified, HashSet<string> Options)> Mounts()
    {
        var result = new List<(string, bool, HashSet<string>)>();
        // Nothing but '\n' ends a line: the kernel leaves a '\r' in the name of a user's file system as it is.
        foreach (var line in ProcFile.ReadText("/proc/self/mounts").Split('\n'))
        {
            var fields = line.Split(' ');
            if (fields.Length > 3 && fields[2] is "cgroup" or "cgroup2")
                result.Add((fields[1], fields[2] == "cgroup2", [.. fields[3].Split(',')]));
        }

        return result;
    }
}
