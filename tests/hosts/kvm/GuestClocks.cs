using System.Globalization;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>A guest's clocks, and the host's right before and after they were read, in nanoseconds.</summary>
/// <param name="Asked">The host's monotonic clock before the question.</param>
/// <param name="Answered">The same after the answer.</param>
/// <param name="Monotonic">The guest's monotonic clock.</param>
/// <param name="Wall">The guest's wall clock.</param>
/// <param name="ChipSeconds">The emulated clock chip (RTC), seconds since 1970.</param>
/// <param name="Source">The guest kernel's clock source, such as kvm-clock.</param>
/// <param name="StepsBack">How often the guest saw one of its clocks go backwards.</param>
internal sealed record GuestClocks(long Asked, long Answered, long Monotonic, long Wall, long ChipSeconds, string Source, long StepsBack)
{
    /// <summary>A wall clock is not stopped and set by anything here, so it is as far from the monotonic one as ever, but for the time between two readings.</summary>
    private const long Reading = 50_000_000;

    public static GuestClocks Parse(string line)
    {
        var values = line.Trim().Split(' ').Select(pair => pair.Split('=', 2)).ToDictionary(pair => pair[0], pair => pair[1]);
        long Number(string name) => long.Parse(values[name], CultureInfo.InvariantCulture);
        return new GuestClocks(
            Number("asked"), Number("answered"), Number("mono_ns"), Number("wall_ns"), Number("rtc_s"), values["clock"], Number("clock_back"));
    }

    /// <summary>Asserts that between the two moments the guest has lost what it stood still, and nothing else, and that no clock went back.</summary>
    /// <returns>What it lost, by the middle of the answer's time; for the table.</returns>
    public TimeSpan AssertGoesOn(GuestClocks earlier, TimeSpan stoodStill)
    {
        Assert.Equal((earlier.Source, 0L), (Source, StepsBack));
        Assert.True(Monotonic > earlier.Monotonic && Wall > earlier.Wall, "A clock of the guest went backwards.");
        Assert.InRange(Wall - Monotonic - (earlier.Wall - earlier.Monotonic), -Reading, Reading);

        // The host's time between the two readings is known as closely as the two questions took there and back.
        long guest = Monotonic - earlier.Monotonic, most = Answered - earlier.Asked - guest, least = Asked - earlier.Answered - guest;
        long still = (long)stoodStill.TotalNanoseconds;
        string said = $"The guest's clock lost {least / 1e6:0} to {most / 1e6:0} ms while it stood still for {still / 1e6:0} ms.";
        // A hundredth of what it stood still, and a jiffy, are the clocks' own: the pause is measured from outside.
        Assert.True(least <= still + still / 100 + 50_000_000, said);
        Assert.True(most >= 0, said);

        // The chip counts on while the guest stands still, so it is nearer to the host's time than the guest's own clock.
        long chip = ChipSeconds - earlier.ChipSeconds, host = (Answered - earlier.Asked) / 1_000_000_000;
        Assert.True(chip >= 0 && chip <= host + 2, $"The guest's clock chip went on by {chip} s in {host} s.");
        return TimeSpan.FromMilliseconds((least + most) / 2 / 1e6);
    }
}
