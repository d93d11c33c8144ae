using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Contract;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The file that holds one memory backend in the target.</summary>
/// <param name="Backend">The backend's id.</param>
/// <param name="Bytes">Its size.</param>
/// <param name="File">The file; the target maps it, and so does the source when it is shared.</param>
internal sealed record MemoryFile(string Backend, ulong Bytes, SafeHandle File) : IDisposable
{
    /// <summary>The file's inode.</summary>
    internal ulong Inode => FileIdentity.Of(string.Create(
        CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)File.DangerousGetHandle()}"))?.Inode ?? 0;

    public void Dispose() => File.Dispose();
}

/// <summary>Finds the source's memory files, or makes new ones for a copy.</summary>
internal static class MemoryFiles
{
    /// <summary>The file of a backend.</summary>
    /// <exception cref="HandoverException">The source's file cannot be found.</exception>
    internal static MemoryFile Of(Begun begun, RamMethod method, MemoryBackend backend)
    {
        var id = backend.Id ?? "";
        var bytes = (ulong)backend.Size;
        if (method == RamMethod.Copy)
            return new MemoryFile(id, bytes, SharedMemory.Create($"virt-handover-{id}", backend.Size));
        var option = begun.CommandLine.Find("object", id)
            ?? throw new HandoverException($"The memory '{id}' is not on the command line of the VM's QEMU.");
        return new MemoryFile(id, bytes, begun.Descriptors.Duplicate(Number(begun.Descriptors, option, bytes)));
    }

    private static int Number(SourceDescriptors descriptors, CommandLineOption option, ulong bytes)
    {
        var path = option.Value.Text("mem-path") ?? "";
        // A target of an earlier handover still has the file at the number it was given.
        if (path.StartsWith(FdReference.SelfFd, StringComparison.Ordinal) &&
            int.TryParse(path[FdReference.SelfFd.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        var sanitized = option.Id!.Replace('/', '_');
        var found = option.Kind == "memory-backend-memfd"
            ? descriptors.Files(link => link.StartsWith("/memfd:memory-backend-memfd", StringComparison.Ordinal), (long)bytes)
            // In a directory QEMU makes a file of its own and unlinks it (huge pages); the backend's id is part of its name.
            : descriptors.Files(
                link => link == path || (link.StartsWith(path + "/qemu_back_mem.", StringComparison.Ordinal) && link.Contains(sanitized, StringComparison.Ordinal)),
                (long)bytes);
        return found.Count == 1
            ? found[0]
            : throw new HandoverException($"The file of the memory '{option.Id}' was found {found.Count} times among the open files of the VM's QEMU.");
    }
}
