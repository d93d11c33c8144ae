using Microsoft.Extensions.Logging;
using VirtHandover.Service;

namespace VirtHandover.Tests.Unit.Service;

public class JournalLoggerTests
{
    [Fact]
    public void A_domain_name_cannot_forge_a_line()
    {
        using var output = new StringWriter();
        var log = new JournalLogger(output, LogLevel.Information);
        log.LogWarning("Domain {Name} is odd.", "a\n<0>forged\u001b[2J\u202E\u0085");
        log.LogDebug("Not shown.");
        Assert.Equal("<4>Domain a\\u000A<0>forged\\u001B[2J\\u202E\\u0085 is odd.\n", output.ToString());
    }

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
}
