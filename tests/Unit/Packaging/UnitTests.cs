using System.Globalization;
using System.Text.RegularExpressions;
using CliWrap;
using CliWrap.Buffered;

namespace VirtHandover.Tests.Unit.Packaging;

/// <summary>systemd's own judgement of the units.</summary>
public sealed partial class UnitTests
{
    private static readonly string s_packaging = Path.Combine(Repository.Root, "packaging");

    [Fact(Timeout = 60_000)]
    public async Task The_front_is_nearly_harmless()
    {
        var unit = Path.Combine(s_packaging, "virt-handoverd.service");
        var said = await Cli.Wrap("systemd-analyze").WithArguments(["security", "--offline=true", "--no-pager", unit]).ExecuteBufferedAsync();
        var level = Level().Match(said.StandardOutput).Groups[1].Value;
        Assert.True(double.Parse(level, CultureInfo.InvariantCulture) <= 3.0, said.StandardOutput);
    }

    [Theory]
    [InlineData("virt-handoverd.service")]
    [InlineData("virt-handover-worker.service")]
    public void Both_have_limits_and_a_watchdog(string unit)
    {
        var lines = File.ReadAllLines(Path.Combine(s_packaging, unit));
        foreach (var key in new[] { "MemoryMax=", "TasksMax=", "WatchdogSec=" })
            Assert.Contains(lines, line => line.StartsWith(key, StringComparison.Ordinal));
    }

    [GeneratedRegex(@"exposure level for .*: ([0-9.]+) ")]
    private static partial Regex Level();
}
