using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Qemu;

/// <summary>A connection to a monitor of which it is proved who is at its other end.</summary>
internal static class MonitorSocket
{
    /// <summary>Connects to the very socket that bears a name, and proves that a process listens on it. Nothing has been sent.</summary>
    /// <param name="directory">The directory of the socket.</param>
    /// <param name="name">Its name.</param>
    /// <param name="process">The process that must be behind it.</param>
    /// <param name="peer">The QEMU behind it, for error sentences.</param>
    /// <param name="limit">How long connecting may take.</param>
    /// <exception cref="QmpProtocolException">It is no socket, nobody listens, or somebody else does.</exception>
    internal static Socket Connect(HeldDirectory directory, string name, ProcessHandle process, string peer, TimeSpan limit)
    {
        SafeHandle? found;
        try
        {
            found = directory.Find(name);
        }
        catch (LinuxException e)
        {
            throw Fault(peer, QmpFault.Unreachable, e.Message.TrimEnd('.'), e);
        }

        using (found)
            return Connect(found ?? throw Fault(peer, QmpFault.Unreachable, $"{directory.Path} has no socket '{name}'"), $"{directory.Path}/{name}", process, peer, limit);
    }

    /// <summary>Connects to a socket that was looked up before, whatever bears its name by now.</summary>
    /// <param name="found">The socket in the file system, opened with <c>O_PATH</c>.</param>
    /// <param name="where">Its path, for error sentences.</param>
    /// <param name="process">The process that must be behind it.</param>
    /// <param name="peer">The QEMU behind it, for error sentences.</param>
    /// <param name="limit">How long connecting may take.</param>
    /// <exception cref="QmpProtocolException">It is no socket, nobody listens, or somebody else does.</exception>
    internal static Socket Connect(SafeHandle found, string where, ProcessHandle process, string peer, TimeSpan limit)
    {
        Socket? socket = null;
        try
        {
            if (FileIdentity.Of(found) is not { IsSocket: true })
                throw Fault(peer, QmpFault.Unreachable, $"{where} is no socket");
            socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
            {
                // A full backlog makes connect(2) wait; the send timeout bounds that wait.
                SendTimeout = (int)Math.Clamp(limit.TotalMilliseconds, 1, int.MaxValue),
            };
            // By the descriptor of what was looked at: another one may bear the name by now.
            socket.Connect(new UnixDomainSocketEndPoint(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{(int)found.DangerousGetHandle()}")));
            if (SocketPeer.Objection(socket.SafeHandle, process) is { } objection)
                throw Fault(peer, QmpFault.Foreign, $"it is not that of process {process.Id}: {objection}; nothing was sent to it");
            return socket;
        }
        catch (Exception e) when (e is SocketException or LinuxException or ProcException)
        {
            socket?.Dispose();
            throw Fault(peer, QmpFault.Unreachable, $"{where}: {e.Message.TrimEnd('.')}", e);
        }
        catch
        {
            socket?.Dispose();
            throw;
        }
    }

    private static QmpProtocolException Fault(string peer, QmpFault fault, string why, Exception? cause = null) =>
        new(fault, $"The monitor of {peer} cannot be used: {why}.", cause);
}
