using VirtHandover.Bench.Parts;
using VirtHandover.Bench.Report;
using VirtHandover.Bench.Results;

namespace VirtHandover.Tests.Unit.Bench;

public sealed class TraceReaderTests
{
    // As bench/trace.c wrote it: two monitors (descriptors 40 and 41), answers that arrive in one piece with events.
    private static readonly string[] Lines =
    [
        """1795449330.000000000 fsync 22 1.000 """,
        """1795449330.010000000 send 40 20.000 {"execute":"stop","id":7}""",
        "1795449330.005000000 receive 40 6900.000 {\"timestamp\": {\"seconds\": 1795449330, \"microseconds\": 11900}, \"event\": \"STOP\"}\x1e{\"return\": {}, \"id\": 7}\x1e",
        """1795449330.012000000 send 41 20.000 {"execute":"device_add","arguments":{"id":"net0"},"id":7}""",
        """1795449330.015000000 receive 41 10.000 {"return": {}, "id": 7}""",
        """1795449330.016000000 receive 41 10.000 {"timestamp": {"seconds": 1795449330, "microseconds": 16010}, "event": "MIGRATION", "data": {"status": "completed"}}""",
        """1795449330.017000000 send 41 20.000 {"execute":"cont","id":8}""",
        """1795449330.020000000 receive 41 10.000 {"timestamp": {"seconds": 1795449330, "microseconds": 20010}, "event": "RESUME"}""",
        """1795449330.021000000 receive 41 10.000 {"return": {}, "id": 8}""",
        """not a line of a trace""",
    ];

    [Fact]
    public void Commands_last_until_their_own_monitor_answers()
    {
        var steps = TraceReader.Read(Lines);
        Assert.Equal(["fsync", "old: stop", "old: [STOP]", "new: device_add", "new: [MIGRATION completed]", "new: cont", "new: [RESUME]"], steps.Select(step => step.What));
        var attach = steps.Single(step => step.What == "new: device_add");
        Assert.Equal(3.01, attach.DurationMs, 2);
        Assert.False(steps[0].InPause);
        Assert.True(attach.InPause);
        Assert.True(steps.Single(step => step.What == "new: cont").InPause);
    }

    [Fact]
    public void Traces_are_put_together_step_by_step()
    {
        var profile = TraceProfile.Of([new TraceResult(9, TraceReader.Read(Lines)), new TraceResult(11, TraceReader.Read(Lines))]);
        Assert.Equal(10, profile.PauseMs);
        var cards = profile.Pause.Single(step => step.What == "new: device_add");
        Assert.Equal((0.1, 4.0), (Math.Round(cards.AtMs, 2), Math.Round(cards.LastsMs!.Value, 1)));
        Assert.Throws<ArgumentException>(() => TraceProfile.Of([]));
    }
}
