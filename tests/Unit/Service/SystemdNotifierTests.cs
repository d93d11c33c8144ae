using System.Net.Sockets;
using System.Text;
using VirtHandover.Service;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>What systemd hears.</summary>
public sealed class SystemdNotifierTests
{
    [Theory]
    [InlineData("30000000", null, 15_000)]
    [InlineData("1000000", null, null)]
    [InlineData("garbage", null, null)]
    [InlineData("30000000", "1", null)]
    [InlineData("9223372036854775807", null, null)]
    [InlineData(null, null, null)]
    public void The_watchdog_is_fed_at_half_its_time(string? microseconds, string? pid, int? milliseconds) => Assert.Equal(
        milliseconds is { } value ? TimeSpan.FromMilliseconds(value) : null,
        SystemdNotifier.WatchdogPeriod(name => name == "WATCHDOG_USEC" ? microseconds : pid));

    [Theory]
    [InlineData("/run/systemd/notify", "/run/systemd/notify")]
    [InlineData("@/org/freedesktop/systemd1/notify", "\0/org/freedesktop/systemd1/notify")]
    [InlineData("vsock:2:9999", null)]
    [InlineData("", null)]
    [InlineData(null, null)]
    public void It_is_told_where_it_listens(string? variable, string? address) =>
        Assert.Equal(address, SystemdNotifier.Listener(name => name == "NOTIFY_SOCKET" ? variable : null));

    [Theory(Timeout = 30_000)]
    [InlineData("/")]
    [InlineData("@")]
    public async Task It_hears_a_word_in_one_message(string kind)
    {
        using var folder = new TemporaryDirectory();
        var name = Path.Combine(folder.Path, "notify");
        var address = SystemdNotifier.Listener(_ => kind == "@" ? "@" + name : name)!;
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(address));
        SystemdNotifier.Tell(address, "READY=1");
        SystemdNotifier.Tell(address, "WATCHDOG=1");
        var said = new byte[100];
        Assert.Equal("READY=1", Encoding.ASCII.GetString(said, 0, await systemd.ReceiveAsync(said)));
        Assert.Equal("WATCHDOG=1", Encoding.ASCII.GetString(said, 0, await systemd.ReceiveAsync(said)));
    }

    [Fact]
    public void Where_nobody_listens_nothing_happens()
    {
        SystemdNotifier.Tell("/nonexistent/notify", "READY=1");
        SystemdNotifier.Tell("/" + new string('x', 200), "READY=1");
        Assert.False(File.Exists("/nonexistent/notify"));
    }
}
