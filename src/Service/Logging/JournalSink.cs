using System.Net.Sockets;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Linux;

namespace VirtHandover.Service.Logging;

/// <summary>
/// Writes to systemd's journal by its socket, so that it can be asked for a line's fields. Never waits for it and never throws: this is also the log of a
/// process that keeps libvirt stopped. What the journal does not take at once goes another way.
/// </summary>
/// <param name="path">The journal's socket.</param>
/// <param name="otherwise">Takes what could not be sent.</param>
internal sealed class JournalSink(string path, ILogEventSink otherwise) : ILogEventSink, IAsyncDisposable
{
    /// <summary>Where systemd-journald listens.</summary>
    internal const string SocketPath = "/run/systemd/journal/socket";

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(5);

    private readonly Socket? _socket = Open();
    private readonly UnixDomainSocketEndPoint _journal = new(path);

    /// <summary>How long its end waits for the journal to have read what was sent.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        if (!TrySend(JournalDatagram.Of(logEvent).Bytes))
            otherwise.Emit(logEvent);
    }

    /// <summary>
    /// Waits a moment until the journal has read all. It looks up whose unit a line is of when it reads it: the last words of a process that was gone by then
    /// would be nobody's.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            while (_socket is not null && UnixSockets.HasUnread(_socket.SafeHandle))
                await Task.Delay(s_poll, limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is OperationCanceledException or LinuxException or ObjectDisposedException)
        {
            // It is read later, or never.
        }

        _socket?.Dispose();
        (otherwise as IDisposable)?.Dispose();
    }

    private static Socket? Open()
    {
        try
        {
            return new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified) { Blocking = false };
        }
        catch (SocketException)
        {
            return null; // no descriptors are left
        }
    }

    private bool TrySend(ReadOnlySpan<byte> datagram)
    {
        try
        {
            // By its name each time: a journal that was started anew has another socket.
            return _socket?.SendTo(datagram, SocketFlags.None, _journal) == datagram.Length;
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // None is there, it is behind with reading, or the line is too long for it.
            return false;
        }
    }
}
