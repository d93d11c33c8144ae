using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tests.Unit.Tui;

public class PauseChartTests
{
    [Theory]
    [InlineData(new long[] { 5 }, 5, 5, 5)]
    [InlineData(new long[] { 3, 1, 2 }, 2, 3, 3)]
    [InlineData(new long[] { 0, 4, 0, 2 }, 2, 4, 4)]
    public void Percentiles_are_pauses_that_were(long[] pauses, long p50, long p95, long max)
    {
        var found = PauseStatistics.Of(pauses)!;
        Assert.Equal((p50, p95, max), (found.P50, found.P95, found.Max));
    }

    [Fact]
    public void Of_a_hundred_the_95th_is_p95()
    {
        var found = PauseStatistics.Of(Enumerable.Range(1, 100).Select(i => (long)i))!;
        Assert.Equal((50, 95, 100, 100), (found.P50, found.P95, found.Max, found.Last));
    }

    [Fact]
    public void Without_a_pause_there_are_no_statistics() => Assert.Null(PauseStatistics.Of([0, -1]));

    [Fact]
    public void Bars_are_scaled_to_the_budget_and_one_over_it_stands_out()
    {
        var bars = Sparkline.Of([1, 150, 300, 301], 300, 20, GlyphSet.Unicode);
        Assert.Equal("▁▄██!", string.Concat(bars.Select(bar => bar.Text)));
        Assert.Equal([Tone.Good, Tone.Good, Tone.Good, Tone.Bad], bars.Select(bar => bar.Tone));
        Assert.Equal(".=##!", string.Concat(Sparkline.Of([1, 150, 300, 301], 300, 20, GlyphSet.Ascii).Select(bar => bar.Text)));
    }

    [Fact]
    public void The_newest_bars_fit_and_none_is_missing_where_there_is_room() =>
        Gen.Select(Gen.Long[0, long.MaxValue].Array[0, 40], Gen.Long[0, long.MaxValue], Gen.Int[0, 60]).Sample((pauses, budget, width) =>
        {
            var bars = Sparkline.Of(pauses, budget, width, GlyphSet.Unicode);
            Assert.True(bars.Sum(bar => Columns.Of(bar.Text)) <= width);
            Assert.True(bars.Count == pauses.Length || bars.Sum(bar => Columns.Of(bar.Text)) >= width - 1);
        });

    [Fact]
    public void The_table_fits_any_terminal() =>
        Gen.Select(Gen.Int[1, 200], Gen.Bool).Sample((width, ascii) =>
        {
            var glyphs = ascii ? GlyphSet.Ascii : GlyphSet.Unicode;
            var lines = PauseLines.Table(PauseLines.Rows(Sample.Host(), new ReportBook(Sample.History())), width, glyphs);
            Assert.All(lines, line => Assert.True(Columns.Of(line.Text) <= width, $"{width}: “{line.Text}”"));
            Assert.All(lines, line => Assert.DoesNotContain(line.Text, c => char.IsControl(c) || (ascii && c > '~')));
        });

    [Fact]
    public void A_running_handover_shows_what_is_behind_it_what_it_does_and_what_comes()
    {
        var runs = PhaseTimeline.OfRunning([new(HandoverPhase.Begin, 12_000), new(HandoverPhase.Prepare, 140_000)], "perform", 2_500_000, 0.74, GlyphSet.Unicode);
        Assert.Equal(["✓ begin 12 ms", "✓ prepare 140 ms", "✓ quiesce", "▶ perform 74% 2.50 s", "· finish", "· confirm"], runs.Select(run => run.Text));
    }

    [Fact]
    public void A_phase_of_a_newer_service_breaks_nothing()
    {
        var runs = PhaseTimeline.OfRunning([], "warp", 0, double.NaN, GlyphSet.Ascii);
        Assert.All(runs, run => Assert.StartsWith(". ", run.Text, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(HandoverOutcome.Done, "+ begin 12 ms|+ prepare 140 ms|+ quiesce 9.0 ms|+ perform 25 ms|+ finish 6.0 ms|+ confirm 120 ms")]
    [InlineData(HandoverOutcome.Undone, "+ begin 12 ms|+ prepare 140 ms|+ quiesce 9.0 ms|x perform 25 ms|- finish|- confirm")]
    [InlineData(HandoverOutcome.Rehearsed, "+ begin 12 ms|+ prepare 140 ms|- quiesce|- perform|- finish|- confirm")]
    public void An_ended_one_shows_where_it_ended(HandoverOutcome outcome, string expected) =>
        Assert.Equal(expected, string.Join('|', PhaseTimeline.OfEnded(Sample.Report(1, 1, "a", outcome), GlyphSet.Ascii).Select(run => run.Text)));
}
