using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux.Launch;

/// <summary>
/// The namespaces in which a process is and this one is not, held open. A QEMU that left its rights' user namespace, or is in a namespace that
/// another one owns, has made it itself: what lies in it is the QEMU's word, and root does not enter it.
/// </summary>
internal sealed class SourceNamespaces : IDisposable
{
    private static readonly (string Kind, int Type)[] Entered =
        [("mnt", Libc.CLONE_NEWNS), ("net", Libc.CLONE_NEWNET), ("ipc", Libc.CLONE_NEWIPC), ("uts", Libc.CLONE_NEWUTS)];

    private readonly List<(string Kind, int Type, SafeFileHandle Handle)> _held = [];

    private SourceNamespaces()
    {
    }

    /// <summary>Each with its <c>CLONE_NEW…</c>.</summary>
    internal IReadOnlyList<(string Kind, int Type, SafeFileHandle Handle)> Held => _held;

    /// <summary>Opens those of a process.</summary>
    /// <param name="process">The process; it is looked at once more when its directory is held.</param>
    /// <param name="kinds">Which may be entered; all four that libvirt makes when none are named.</param>
    /// <exception cref="LinuxException">It has ended, or is in a namespace that is not the host's; the sentence says which.</exception>
    internal static SourceNamespaces Open(ProcessIdentity process, params ReadOnlySpan<string> kinds)
    {
        var found = new SourceNamespaces();
        try
        {
            using var directory = OpenDirectory(process);
            var own = Identity("/proc/self/ns/user");
            using (var user = OpenAt(directory, process, "user"))
            {
                if (!user.IsSameFile(own))
                    throw new LinuxException(0, "Its QEMU is in a user namespace of its own.");
            }

            foreach (var (kind, type) in Entered)
            {
                if (kinds.Length > 0 && !kinds.Contains(kind))
                    continue;
                var opened = OpenAt(directory, process, kind);
                if (opened.IsSameFile(Identity("/proc/self/ns/" + kind)))
                {
                    opened.Dispose();
                    continue;
                }

                found._held.Add((kind, type, opened.Handle));
                RequireOwner(opened.Handle, own, kind);
            }

            return found;
        }
        catch
        {
            found.Dispose();
            throw;
        }
    }

    /// <summary>Why a process's namespaces cannot be entered, a sentence; null when they can.</summary>
    /// <param name="process">The process.</param>
    internal static string? Obstacle(ProcessIdentity process)
    {
        try
        {
            using var namespaces = Open(process);
            return null;
        }
        catch (LinuxException exception)
        {
            return exception.Message;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _held.ForEach(each => each.Handle.Dispose());

    private static SafeFileHandle OpenDirectory(ProcessIdentity process)
    {
        var directory = Libc.Own(Libc.Check(
            Libc.open($"/proc/{process.ProcessId}", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0), $"Process {process.ProcessId} cannot be looked at"));
        // Held from now on: it is of this process or of none.
        if (process.Exists(ProcRoot.Host))
            return directory;
        directory.Dispose();
        throw new LinuxException(Libc.ESRCH, $"Process {process.ProcessId} has ended.");
    }

    private static unsafe void RequireOwner(SafeFileHandle opened, FileIdentity own, string kind)
    {
        using var owner = Libc.Own(Libc.ioctl((int)opened.DangerousGetHandle(), Libc.NS_GET_USERNS, null));
        if (owner.IsInvalid || FileIdentity.Of(owner) is not { } found || !found.IsSameFile(own))
            throw new LinuxException(0, $"Its QEMU is in a {kind} namespace that another user namespace than the host's owns.");
    }

    private static Namespace OpenAt(SafeFileHandle directory, ProcessIdentity process, string kind)
    {
        var name = Marshal.StringToCoTaskMemUTF8("ns/" + kind);
        try
        {
            var handle = Libc.Own(Libc.Check(
                (int)Libc.syscall6(Libc.SYS_openat, directory.DangerousGetHandle(), name, Libc.O_RDONLY | Libc.O_CLOEXEC, 0, 0, 0),
                $"The {kind} namespace of process {process.ProcessId} cannot be opened"));
            var file = FileIdentity.Of(handle);
            return new Namespace(handle, file ?? throw new LinuxException(0, $"The {kind} namespace of process {process.ProcessId} cannot be looked at."));
        }
        finally
        {
            Marshal.FreeCoTaskMem(name);
        }
    }

    private static FileIdentity Identity(string path) => FileIdentity.Of(path) ?? throw new LinuxException(0, $"{path} cannot be looked at.");

    private readonly record struct Namespace(SafeFileHandle Handle, FileIdentity File) : IDisposable
    {
        internal bool IsSameFile(FileIdentity other) => File.Device == other.Device && File.Inode == other.Inode;

        public void Dispose() => Handle.Dispose();
    }
}
