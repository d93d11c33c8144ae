using System.Globalization;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Files;

/// <summary>Looks at what paths name now, and whether that is what a running QEMU has open.</summary>
internal static class FileReader
{
    private const long NanosecondsPerTick = 10_000_000;

    /// <summary>Looks at files. Opens none of them.</summary>
    /// <param name="process">The running QEMU.</param>
    /// <param name="files">Its files.</param>
    /// <param name="noted">Which file each path led to when its command line was noted; null when that was not.</param>
    /// <exception cref="ProcException">It has ended.</exception>
    internal static IReadOnlyList<SeenFile> Look(ProcessIdentity process, IReadOnlyList<NamedFile> files, IReadOnlyDictionary<string, string>? noted)
    {
        var open = OpenFile.Of(ProcRoot.Host, process.ProcessId);
        var since = StartedAt(process);
        return [.. files.Select(file => Look(process.ProcessId, file, open, since, noted?.GetValueOrDefault(file.Path)))];
    }

    /// <summary>Looks at files, with what a trial said of those that the command line names.</summary>
    /// <param name="process">The running QEMU.</param>
    /// <param name="line">Its command line.</param>
    /// <param name="nodes">Its block nodes.</param>
    /// <param name="noted">Which file each path led to when its command line was noted; null when that was not.</param>
    /// <param name="refusals">Why each of the command line's files could not be opened; null when that was not found out.</param>
    /// <exception cref="ProcException">It has ended.</exception>
    internal static IReadOnlyList<SeenFile> Look(
        ProcessIdentity process,
        CommandLine line,
        IReadOnlyList<BlockNode> nodes,
        IReadOnlyDictionary<string, string>? noted,
        IReadOnlyList<string?>? refusals)
    {
        // Tried before anybody knew which of them are read-only after all.
        var tried = NamedFiles.TryOf(line, null).Zip(refusals ?? []).Where(one => one.Second is not null)
            .DistinctBy(one => one.First).ToDictionary(one => one.First, one => one.Second);
        return [.. Look(process, NamedFiles.TryOf(line, nodes), noted).Select(file => file with { Refusal = tried.GetValueOrDefault(file.Named) })];
    }

    private static SeenFile Look(int process, NamedFile file, IReadOnlyList<OpenFile> open, long? since, string? noted)
    {
        var here = PathOfProcess.LookUp(process, file.Path, out var error);
        return new SeenFile(file)
        {
            IsMissing = PathOfProcess.IsMissing(error),
            IsOpen = here is { } found ? open.Any(one => one.File.IsSameFile(found)) : null,
            IsMoved = noted is not null && here is { } other && other.Key != noted,
            IsNewer = here is { } now && since is { } start && (now.ModifiedNanoseconds > start || now.BornNanoseconds > start),
        };
    }

    /// <summary>When a process was started, in ns since 1970 of the host's clock as it goes now; null when nobody says.</summary>
    private static long? StartedAt(ProcessIdentity process)
    {
        var uptime = ProcFile.ReadText("/proc/uptime").Split(' ')[0];
        return double.TryParse(uptime, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds)
            ? ((DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100) - (long)(seconds * 1e9) + ((long)process.StartTime * NanosecondsPerTick)
            : null;
    }
}
