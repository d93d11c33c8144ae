using System.Globalization;
using VirtHandover.Foreign;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>
/// A program, library or module of a process, opened for reading. A guest that has taken its QEMU over maps what it likes: a pipe that nobody
/// writes to, four TiB of holes. What a package manager brought is a regular file of root's that no one else may write; nothing else is read.
/// </summary>
internal static class TrustedFile
{
    private const ushort WrittenByOthers = 0x12;

    /// <summary>Why a file is not read: the end of a sentence that begins with it; null when it is.</summary>
    /// <param name="file">The file. A developer's tests, which are not root, may use their own.</param>
    internal static string? Objection(FileIdentity file) =>
        !file.IsRegular ? "is no regular file"
        : (file.Mode & WrittenByOthers) != 0 ? "can be written by others than its owner"
        : file.UserId != 0 && Environment.IsPrivilegedProcess ? "does not belong to root"
        : file.Size > ForeignBounds.ProgramBytes
            ? string.Create(CultureInfo.InvariantCulture, $"has {file.Size} bytes, and at most {ForeignBounds.ProgramBytes} are read")
        : null;

    /// <summary>Opens a file. It is looked at before: opening a pipe or a device would wait for somebody, or do something.</summary>
    /// <param name="path">The file; may be a link of procfs to a file that has no name any more.</param>
    /// <returns>The file, and what it is.</returns>
    /// <exception cref="IOException">There is none, it may not be read, or it is none that is trusted.</exception>
    internal static (FileStream File, FileIdentity Identity) Open(string path)
    {
        using var held = Libc.Own(Libc.open(path, Libc.O_PATH | Libc.O_CLOEXEC, 0));
        if (held.IsInvalid || FileIdentity.Of(held) is not { } identity)
            throw new IOException($"{path} cannot be opened: {FileOpening.Text(System.Runtime.InteropServices.Marshal.GetLastPInvokeError())}.");
        if (Objection(identity) is { } objection)
            throw new IOException($"{path} {objection}, and is not read.");
        var opened = Libc.Own(Libc.open(
            string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)held.DangerousGetHandle()}"),
            Libc.O_RDONLY | Libc.O_NONBLOCK | Libc.O_NOCTTY | Libc.O_CLOEXEC,
            0));
        if (opened.IsInvalid)
        {
            var error = System.Runtime.InteropServices.Marshal.GetLastPInvokeError();
            opened.Dispose();
            throw new IOException($"{path} cannot be opened: {FileOpening.Text(error)}.");
        }

        return (new FileStream(opened, FileAccess.Read, bufferSize: 4096), identity);
    }
}
