using System.Globalization;
using System.Text;

namespace VirtHandover.Linux.Proc;

/// <summary><c>/proc/PID/maps</c>, see proc_pid_maps(5).</summary>
public static class ProcessMaps
{
    private const string Deleted = " (deleted)";

    /// <summary>Reads the mappings of a process.</summary>
    /// <param name="proc">Where procfs is.</param>
    /// <param name="processId">The process.</param>
    /// <returns>The mappings by address; empty for a zombie or a kernel thread.</returns>
    /// <exception cref="ProcException">The process has ended, may not be read, or the file is malformed.</exception>
    public static IReadOnlyList<ProcessMapping> Read(ProcRoot proc, int processId)
    {
        string path = proc.File(processId, "maps");
        return Parse(path, ProcFile.ReadBytes(path));
    }

    /// <summary>Reads the file's content.</summary>
    /// <param name="path">Named in the exception.</param>
    /// <param name="content">The bytes.</param>
    /// <returns>The mappings.</returns>
    /// <exception cref="ProcException">The content is malformed.</exception>
    public static IReadOnlyList<ProcessMapping> Parse(string path, ReadOnlySpan<byte> content)
    {
        var list = new List<ProcessMapping>();
        while (!content.IsEmpty)
        {
            int end = content.IndexOf((byte)'\n');
            ReadOnlySpan<byte> line = end < 0 ? content : content[..end];
            content = end < 0 ? default : content[(end + 1)..];
            list.Add(ParseLine(path, line));
        }

        return list;
    }

    private static ProcessMapping ParseLine(string path, ReadOnlySpan<byte> line)
    {
        // 55e92d01b000-55e92d422000 r--p 00000000 fe:00 12116039                   /usr/bin/qemu-system-x86_64
        ReadOnlySpan<byte> rest = line;
        ReadOnlySpan<byte> range = Next(ref rest);
        ReadOnlySpan<byte> permissions = Next(ref rest);
        ReadOnlySpan<byte> offset = Next(ref rest);
        ReadOnlySpan<byte> device = Next(ref rest);
        ReadOnlySpan<byte> inode = Next(ref rest);
        int dash = range.IndexOf((byte)'-');
        int colon = device.IndexOf((byte)':');
        if (dash < 0
            || colon < 0
            || permissions.Length != 4
            || !Hex(range[..dash], out ulong start)
            || !Hex(range[(dash + 1)..], out ulong stop)
            || stop < start
            || !Hex(offset, out _)
            || !Hex(device[..colon], out ulong major)
            || !Hex(device[(colon + 1)..], out ulong minor)
            || major > uint.MaxValue
            || minor > uint.MaxValue
            || !ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out ulong number))
        {
            throw ProcException.Malformed(path, "a line is not a mapping");
        }

        string file = Unescape(rest.TrimStart((byte)' '));
        bool deleted = file.EndsWith(Deleted, StringComparison.Ordinal);
        return new ProcessMapping(
            start, stop, Encoding.ASCII.GetString(permissions), new DeviceNumber((uint)major, (uint)minor), number,
            deleted ? file[..^Deleted.Length] : file, deleted);
    }

    private static ReadOnlySpan<byte> Next(ref ReadOnlySpan<byte> rest)
    {
        int space = rest.IndexOf((byte)' ');
        ReadOnlySpan<byte> word = space < 0 ? rest : rest[..space];
        rest = space < 0 ? default : rest[(space + 1)..];
        return word;
    }

    private static bool Hex(ReadOnlySpan<byte> text, out ulong value) =>
        ulong.TryParse(text, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out value);

    private static string Unescape(ReadOnlySpan<byte> name)
    {
        // The kernel writes a line break in a name as \012 and nothing else; other bytes stand for themselves.
        string text = Encoding.UTF8.GetString(name);
        return text.Contains('\\', StringComparison.Ordinal) ? text.Replace("\\012", "\n", StringComparison.Ordinal) : text;
    }
}
