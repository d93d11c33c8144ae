using VirtHandover.Service;

namespace VirtHandover.Tests.Unit.Service;

public class SystemdNotifierTests
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
}
