using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// From which NUMA nodes a process takes its memory (<c>set_mempolicy(2)</c>; libvirt's <c>numatune</c> without a cpuset). A thread can set
/// its own only, so a process gets it from the thread that starts it.
/// </summary>
/// <param name="Text">As the kernel prints it in <c>numa_maps</c>, for example <c>bind:0-1</c>; <c>default</c> for none.</param>
public sealed record MemoryPolicy(string Text)
{
    private const int MaxNodes = 1024;
    private const int FirstLine = 256;
    private static readonly string[] Modes = ["default", "prefer", "bind", "interleave", "local", "prefer (many)", "weighted interleave"];

    /// <summary>True for the kernel's own choice.</summary>
    public bool IsDefault => Text == "default";

    /// <summary>
    /// Reads a process's, by its first mapping, which is its program's and has no policy of its own. No further: for each mapping
    /// the kernel walks all its pages, and the guest's memory is one of them.
    /// </summary>
    /// <param name="process">The process.</param>
    /// <exception cref="ProcException">It has ended, or may not be read.</exception>
    public static MemoryPolicy Of(int process)
    {
        var path = ProcRoot.Host.File(process, "numa_maps");
        try
        {
            using var maps = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            Span<byte> start = stackalloc byte[FirstLine];
            return Parse(Encoding.Latin1.GetString(start[..maps.Read(start)]));
        }
        catch (FileNotFoundException) when (Directory.Exists(ProcRoot.Host.File(process, "fd")))
        {
            return new MemoryPolicy("default"); // a kernel without NUMA
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ProcException(path, exception is FileNotFoundException or DirectoryNotFoundException, $"{path} cannot be read: {exception.Message}");
        }
    }

    /// <summary>Reads <c>55e0… bind:0-1 file=/usr/bin/qemu mapped=3 …</c>.</summary>
    internal static MemoryPolicy Parse(string line)
    {
        var start = line.IndexOf(' ', StringComparison.Ordinal) + 1;
        var end = line.IndexOf(" file=", StringComparison.Ordinal);
        return new MemoryPolicy(start > 0 && end > start ? line[start..end] : "default");
    }

    /// <summary>The mode, with its flags, and the nodes, one bit each.</summary>
    /// <exception cref="LinuxException">It is none that is known here.</exception>
    internal (int Mode, ulong[] Nodes) Encode()
    {
        // mode[=flags][:nodes]
        var colon = Text.IndexOf(':', StringComparison.Ordinal);
        var head = (colon < 0 ? Text : Text[..colon]).Split('=');
        var mode = Array.IndexOf(Modes, head[0]);
        var flags = head.Length < 2 ? 0 : head[1] switch { "static" => 1 << 15, "relative" => 1 << 14, _ => -1 };
        var nodes = new ulong[MaxNodes / 64];
        if (mode < 0 || flags < 0 || (colon >= 0 && !TryRead(Text[(colon + 1)..], nodes)))
            throw new LinuxException(0, $"The NUMA memory policy '{Text}' is not known.");
        return (mode | flags, nodes);
    }

    /// <summary>Gives it to the calling thread, and to what that starts.</summary>
    /// <exception cref="LinuxException">The kernel does not know the policy, or refuses it.</exception>
    internal unsafe void Apply()
    {
        var (mode, nodes) = Encode();
        var isArm = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;
        fixed (ulong* mask = nodes)
        {
            _ = Libc.Check(
                (int)Libc.syscall(isArm ? 237 : 238, mode, (long)(nodes.All(word => word == 0) ? null : mask), nodes.All(word => word == 0) ? 0 : MaxNodes, 0),
                $"The NUMA memory policy '{Text}' cannot be set");
        }
    }

    private static bool TryRead(string list, ulong[] nodes)
    {
        foreach (var part in list.Split(','))
        {
            var ends = part.Split('-');
            if (!int.TryParse(ends[0], NumberStyles.None, CultureInfo.InvariantCulture, out var first)
                || !int.TryParse(ends[^1], NumberStyles.None, CultureInfo.InvariantCulture, out var last)
                || ends.Length > 2 || first > last || last >= MaxNodes)
            {
                return false;
            }

            for (var node = first; node <= last; node++)
                nodes[node / 64] |= 1UL << (node % 64);
        }

        return true;
    }
}
