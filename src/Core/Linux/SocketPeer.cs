using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Linux;

/// <summary>Who is behind a connected UNIX socket, as the kernel tells: the process that called <c>listen(2)</c> on what was connected to.</summary>
internal static unsafe class SocketPeer
{
    /// <summary>The user whose process connected to a socket that has accepted it.</summary>
    /// <param name="socket">The accepted socket.</param>
    /// <returns>The user's number at the moment of <c>connect(2)</c>; null when the kernel does not say.</returns>
    internal static uint? UserOf(SafeHandle socket)
    {
        Libc.ucred credentials;
        var length = sizeof(Libc.ucred);
        return Libc.getsockopt((int)socket.DangerousGetHandle(), Libc.SOL_SOCKET, Libc.SO_PEERCRED, (int*)&credentials, &length) < 0 ? null : credentials.uid;
    }

    /// <summary>Proves that a process is behind a socket. To be called before anything is sent.</summary>
    /// <param name="socket">A connected UNIX socket.</param>
    /// <param name="process">The process that it must be.</param>
    /// <returns>Null when it is; otherwise the end of a sentence that says what is there.</returns>
    internal static string? Objection(SafeHandle socket, ProcessHandle process)
    {
        var fd = (int)socket.DangerousGetHandle();
        Libc.ucred credentials;
        var length = sizeof(Libc.ucred);
        if (Libc.getsockopt(fd, Libc.SOL_SOCKET, Libc.SO_PEERCRED, (int*)&credentials, &length) < 0)
            return $"the kernel does not say who is behind it ({Marshal.GetLastPInvokeErrorMessage()})";
        if (credentials.pid != process.Id)
            return string.Create(CultureInfo.InvariantCulture, $"process {credentials.pid} is behind it");
        // The number is that of a process that may have ended since, and whose number this one has got.
        if (NumberByHandle(fd) is { } number && number != process.Id)
            return "a process that has ended is behind it";
        return process.HasExited ? "the process has ended" : null;
    }

    /// <returns>The number of the living process that listened, -1 when it has ended; null when the kernel (before 6.5) cannot tell.</returns>
    private static int? NumberByHandle(int socket)
    {
        int descriptor;
        var length = sizeof(int);
        if (Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_PEERPIDFD, &descriptor, &length) < 0)
            return Marshal.GetLastPInvokeError() == Libc.ENOPROTOOPT ? null : -1;
        using var handle = Libc.Own(descriptor);
        var text = ProcFile.ReadText(ProcRoot.Host.File(Environment.ProcessId, string.Create(CultureInfo.InvariantCulture, $"fdinfo/{descriptor}")));
        return text.Split('\n').FirstOrDefault(line => line.StartsWith("Pid:", StringComparison.Ordinal)) is { } line
            && int.TryParse(line["Pid:".Length..], NumberStyles.AllowLeadingSign | NumberStyles.AllowLeadingWhite, CultureInfo.InvariantCulture, out var number) ? number : -1;
    }
}
