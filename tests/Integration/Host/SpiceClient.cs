using System.Buffers.Binary;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;

namespace VirtHandover.Tests.Integration.Host;

/// <summary>One channel of a SPICE client: enough to be a client of a server, to be refused by it, and to lend the guest a USB device.</summary>
internal sealed class SpiceClient : IDisposable
{
    public const byte Main = 1;
    public const byte UsbRedirection = 9;

    private const int KeyLength = 162;
    private const int VmcData = 101;
    private const byte HighSpeed = 2;

    private readonly TcpClient _tcp = new();

    private SpiceClient()
    {
    }

    /// <summary>What the server calls the client's session; only of a main channel.</summary>
    public uint Session { get; private set; }

    /// <summary>Connects and authenticates.</summary>
    /// <exception cref="UnauthorizedAccessException">The server has refused.</exception>
    public static async Task<SpiceClient> Connect(string host, int port, string password = "", byte channel = Main, uint session = 0)
    {
        var client = new SpiceClient();
        try
        {
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            await client._tcp.ConnectAsync(host, port, limit.Token);
            await client.Link(password, channel, session, limit.Token);
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }

    /// <summary>Whether a server answers there at all.</summary>
    public static async Task<bool> IsServed(string host, int port)
    {
        try
        {
            using SpiceClient client = await Connect(host, port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    /// <summary>Lends the guest a USB device, whose only end is this class, by a channel for redirection.</summary>
    // https://gitlab.freedesktop.org/spice/usbredir/-/blob/main/docs/usb-redirection-protocol.md: hello, interface_info, device_connect,
    // without any capability, each as one message of the channel's.
    public async Task Lend()
    {
        var interfaces = new byte[132];
        interfaces[0] = 1;
        interfaces[4 + 32] = 0xff;
        await Redirect(0, [.. Encoding.ASCII.GetBytes("virt-handover test".PadRight(64, '\0')), 0, 0, 0, 0]);
        await Redirect(4, interfaces);
        await Redirect(1, [HighSpeed, 0xff, 0, 0, 0x34, 0x12, 0x78, 0x56]);
    }

    /// <summary>Takes it back.</summary>
    public Task TakeBack() => Redirect(2, []);

    /// <summary>Waits until the server has ended the connection.</summary>
    public async Task Ends()
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var buffer = new byte[4096];
        try
        {
            while (await _tcp.GetStream().ReadAsync(buffer, limit.Token) > 0)
            {
            }
        }
        catch (IOException)
        {
            // Reset.
        }
    }

    public void Dispose() => _tcp.Dispose();

    // https://www.spice-space.org/spice-protocol.html: link, choice of authentication, ticket, result.
    private async Task Link(string password, byte channel, uint session, CancellationToken stop)
    {
        NetworkStream stream = _tcp.GetStream();
        var hello = new byte[16 + 18 + 4];
        "REDQ"u8.CopyTo(hello);
        hello[4] = 2;
        hello[8] = 2;
        hello[12] = 18 + 4;
        BinaryPrimitives.WriteUInt32LittleEndian(hello.AsSpan(16), session);
        hello[20] = channel;
        hello[22] = 1;
        hello[30] = 18;
        // That it chooses its authentication, SPICE's own, and takes short heads.
        hello[34] = 0b1011;
        await stream.WriteAsync(hello, stop);

        byte[] head = await Read(16, stop);
        Assert.Equal("REDQ", Encoding.ASCII.GetString(head, 0, 4));
        byte[] reply = await Read((int)BinaryPrimitives.ReadUInt32LittleEndian(head.AsSpan(12)), stop);
        Accept(reply);
        using var key = RSA.Create();
        key.ImportSubjectPublicKeyInfo(reply.AsSpan(4, KeyLength), out _);
        byte[] ticket = key.Encrypt(Encoding.UTF8.GetBytes(password + "\0"), RSAEncryptionPadding.OaepSHA1);
        await stream.WriteAsync((byte[])[1, 0, 0, 0, .. ticket], stop);
        Accept(await Read(4, stop));
        if (channel != Main)
            return;
        byte[] init = await Read(10, stop);
        Assert.Equal(103, BinaryPrimitives.ReadUInt16LittleEndian(init));
        Session = BinaryPrimitives.ReadUInt32LittleEndian(init.AsSpan(6));
    }

    // SPICE's short head (type, length), then usbredir's with ids of 32 bits (type, length, id).
    private async Task Redirect(uint type, byte[] body)
    {
        var message = new byte[6 + 12 + body.Length];
        BinaryPrimitives.WriteUInt16LittleEndian(message, VmcData);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(2), 12 + body.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(6), type);
        BinaryPrimitives.WriteInt32LittleEndian(message.AsSpan(10), body.Length);
        body.CopyTo(message, 18);
        await _tcp.GetStream().WriteAsync(message);
    }

    private static void Accept(byte[] answer)
    {
        if (BinaryPrimitives.ReadUInt32LittleEndian(answer) is var error and not 0)
            throw new UnauthorizedAccessException($"The SPICE server refuses with {error}.");
    }

    private async Task<byte[]> Read(int length, CancellationToken stop)
    {
        var bytes = new byte[length];
        try
        {
            await _tcp.GetStream().ReadExactlyAsync(bytes, stop);
        }
        catch (EndOfStreamException exception)
        {
            throw new UnauthorizedAccessException("The SPICE server has hung up.", exception);
        }

        return bytes;
    }
}
