using System.Globalization;
using System.Net.Sockets;
using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Service.Logging;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>Whether a descriptor is the journal's stream, by what the kernel says of real ones.</summary>
public sealed class JournalStreamTests
{
    [Theory]
    [InlineData(SocketType.Stream)]
    [InlineData(SocketType.Dgram)]
    public async Task A_socket_is_the_stream_that_has_its_device_and_inode(SocketType type)
    {
        using var socket = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        using var other = new Socket(AddressFamily.Unix, type, ProtocolType.Unspecified);
        var variable = await NumbersOf(socket);
        Assert.True(JournalStream.Is(variable, socket.SafeHandle));
        Assert.False(JournalStream.Is(variable, other.SafeHandle));
        Assert.False(JournalStream.Is("1" + variable, socket.SafeHandle));
        Assert.False(JournalStream.Is(variable + "1", socket.SafeHandle));
        foreach (var wrong in new[] { null, "", ":", "8", variable + ":", variable + " ", "-" + variable, "8:99999999999999999999" })
            Assert.False(JournalStream.Is(wrong, socket.SafeHandle));
    }

    [Fact]
    public async Task A_file_s_device_is_numbered_as_the_C_library_does()
    {
        using var file = File.OpenHandle("/dev/null");
        Assert.True(JournalStream.Is((await Stat("/dev/null")), file));
    }

    private static Task<string> NumbersOf(Socket socket) =>
        Stat(string.Create(CultureInfo.InvariantCulture, $"/proc/{Environment.ProcessId}/fd/{socket.SafeHandle.DangerousGetHandle()}"));

    private static async Task<string> Stat(string path) =>
        (await Cli.Wrap("stat").WithArguments(["-L", "-c", "%d:%i", path]).ExecuteBufferedAsync()).StandardOutput.Trim();
}
