using System.Net.Sockets;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>A socket like systemd-journald's.</summary>
internal sealed class JournalReceiver : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly byte[] _buffer = new byte[1 << 20];

    public JournalReceiver(string path)
    {
        File.Delete(path);
        _socket.Bind(new UnixDomainSocketEndPoint(path));
        _socket.ReceiveTimeout = 20_000;
    }

    /// <summary>The next entry.</summary>
    public IReadOnlyList<(string Name, string Value)> Receive() => JournalEntryReader.Read(_buffer.AsSpan(0, _socket.Receive(_buffer)));

    public void Dispose() => _socket.Dispose();
}
