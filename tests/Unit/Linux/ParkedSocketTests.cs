using System.Net;
using System.Net.Sockets;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>Parking and opening, on sockets of this process.</summary>
public sealed class ParkedSocketTests : IDisposable
{
    private readonly ProcessHandle _self = ProcessHandle.Open(Environment.ProcessId);

    public void Dispose() => _self.Dispose();

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("0.0.0.0")]
    [InlineData("::1")]
    [InlineData("::")]
    public async Task Nobody_reaches_it_before_it_is_opened_and_everybody_afterwards(string address)
    {
        var loopback = address.Contains(':', StringComparison.Ordinal) ? IPAddress.IPv6Loopback : IPAddress.Loopback;
        using Socket holder = Listening(new IPEndPoint(IPAddress.Parse(address), 0));
        var place = (IPEndPoint)holder.LocalEndPoint!;
        using Socket socket = New(place);
        ParkedSocket parked = ParkedSocket.Park(_self, (int)socket.Handle, place, "SPICE");
        Assert.Equal((address, place.Port), (parked.Address, parked.Port));
        // Whoever is woken by the change from one port to the other accepts, and must not wait for a client.
        string flags = File.ReadLines($"/proc/self/fdinfo/{socket.Handle}").First(line => line.StartsWith("flags:", StringComparison.Ordinal))["flags:".Length..].Trim();
        Assert.NotEqual(0, Convert.ToInt32(flags, 8) & 0x800);

        // Another process's port still: what fails leaves it as it was, and may be done again.
        for (int attempt = 0; attempt < 2; attempt++)
        {
            using (Socket client = New(place))
            {
                using Socket view = View(socket);
                var idle = (IPEndPoint)view.LocalEndPoint!;
                Assert.True(IPAddress.IsLoopback(idle.Address));
                Task connecting = client.ConnectAsync(idle);
                Assert.NotSame(connecting, await Task.WhenAny(connecting, Task.Delay(300)));
            }

            Assert.Throws<LinuxException>(() => parked.Open(_self));
        }

        holder.Dispose();
        for (int times = 0; times < 2; times++)
        {
            parked.Open(_self);
            using Socket client = New(place);
            await client.ConnectAsync(new IPEndPoint(loopback, place.Port)).WaitAsync(TimeSpan.FromSeconds(10));
            using Socket view = View(socket);
            (await view.AcceptAsync().WaitAsync(TimeSpan.FromSeconds(10))).Dispose();
        }
    }

    [Fact]
    public void A_number_that_is_another_socket_s_by_now_is_left_alone()
    {
        var place = new IPEndPoint(IPAddress.Loopback, 5900);
        using Socket socket = New(place);
        ParkedSocket parked = ParkedSocket.Park(_self, (int)socket.Handle, place, "SPICE");
        Assert.Contains("no longer has the socket", Assert.Throws<LinuxException>(() => (parked with { Inode = parked.Inode + 1 }).Open(_self)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_no_TCP_socket_of_that_family_is_not_parked()
    {
        using var datagrams = new Socket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using Socket six = New(new IPEndPoint(IPAddress.IPv6Loopback, 0));
        foreach (Socket socket in (Socket[])[datagrams, six])
            Assert.Throws<LinuxException>(() => ParkedSocket.Park(_self, (int)socket.Handle, new IPEndPoint(IPAddress.Loopback, 5900), "SPICE"));
    }

    // .NET believes of a socket only what it has done to it itself, or what it finds when it takes it over.
    private static Socket View(Socket socket) => new(new SafeSocketHandle(socket.Handle, ownsHandle: false));

    private static Socket New(IPEndPoint place) => new(place.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    private static Socket Listening(IPEndPoint place)
    {
        Socket socket = New(place);
        socket.Bind(place);
        socket.Listen();
        return socket;
    }
}
