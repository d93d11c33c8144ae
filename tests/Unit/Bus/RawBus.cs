using System.Net.Sockets;
using System.Text;
using VirtHandover.Bus.Gate;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>Stands in a bus's place for one connection, and says what no bus would.</summary>
internal sealed class RawBus : IAsyncDisposable
{
    internal const string UniqueName = ":1.7";

    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private NetworkStream? _stream;

    internal string Address { get; private init; } = "";

    internal static RawBus Listen(string folder)
    {
        var path = Path.Combine(folder, Path.GetRandomFileName());
        var bus = new RawBus { Address = $"unix:path={path}" };
        bus._listener.Bind(new UnixDomainSocketEndPoint(path));
        bus._listener.Listen();
        return bus;
    }

    /// <summary>Lets a connection in.</summary>
    internal async Task AcceptAsync()
    {
        Assert.Equal("\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n", await GreetAsync("DATA\r\nOK 0123456789abcdef0123456789abcdef\r\n"));
        await SendAsync(RawMessage.Reply(await NextCallAsync("Hello"), "s", new RawBody().Text(UniqueName)));
    }

    /// <summary>Answers to a greeting.</summary>
    /// <returns>The greeting.</returns>
    internal async Task<string> GreetAsync(string answer)
    {
        _stream = new NetworkStream(await _listener.AcceptAsync(), ownsSocket: true);
        var said = new byte["\0AUTH EXTERNAL\r\nDATA\r\nBEGIN\r\n".Length];
        await _stream.ReadExactlyAsync(said);
        await SendAsync(Encoding.ASCII.GetBytes(answer));
        return Encoding.ASCII.GetString(said);
    }

    internal async Task SendAsync(byte[] bytes) => await _stream!.WriteAsync(bytes);

    /// <summary>Reads on to a call.</summary>
    /// <returns>Its number.</returns>
    internal async Task<uint> NextCallAsync(string member)
    {
        while (true)
        {
            var (head, _) = await NextAsync();
            if (head.Kind == MessageKind.MethodCall && head.Member == member)
                return head.Serial;
        }
    }

    /// <summary>Reads the next message.</summary>
    internal async Task<(MessageHead Head, byte[] Body)> NextAsync()
    {
        var start = new byte[MessageHead.FixedBytes];
        await _stream!.ReadExactlyAsync(start);
        var (head, body) = MessageHead.Lengths(start);
        var rest = new byte[head - start.Length + body];
        await _stream.ReadExactlyAsync(rest);
        return (MessageHead.Read([.. start, .. rest.AsSpan(0, (int)head - start.Length)]), rest[^(int)body..]);
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
            await _stream.DisposeAsync();
        _listener.Dispose();
    }
}
