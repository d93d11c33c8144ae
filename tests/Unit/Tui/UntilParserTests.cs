using CsCheck;
using VirtHandover.Tui.Time;

namespace VirtHandover.Tests.Unit.Tui;

public class UntilParserTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 10, 0, 0, TimeSpan.Zero);

    /// <summary>Like central Europe: +1, in summer +2, changing on the last Sundays of March and October.</summary>
    private static readonly TimeZoneInfo Berlin = TimeZoneInfo.CreateCustomTimeZone(
        "Test/Berlin",
        TimeSpan.FromHours(1),
        "Test",
        "Test",
        "Test summer",
        [
            TimeZoneInfo.AdjustmentRule.CreateAdjustmentRule(
                new DateTime(2000, 1, 1),
                new DateTime(2100, 12, 31),
                TimeSpan.FromHours(1),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 2, 0, 0), 3, 5, DayOfWeek.Sunday),
                TimeZoneInfo.TransitionTime.CreateFloatingDateRule(new DateTime(1, 1, 1, 3, 0, 0), 10, 5, DayOfWeek.Sunday)),
        ]);

    [Theory]
    [InlineData("22:00", "2026-11-22T22:00:00Z")]
    [InlineData("9:30", "2026-11-23T09:30:00Z")]
    [InlineData("10:00", "2026-11-23T10:00:00Z")]
    [InlineData("+2h", "2026-11-22T12:00:00Z")]
    [InlineData("+1h30m", "2026-11-22T11:30:00Z")]
    [InlineData("+1h 30min", "2026-11-22T11:30:00Z")]
    [InlineData("+2d", "2026-11-24T10:00:00Z")]
    [InlineData("tomorrow 06:00", "2026-11-23T06:00:00Z")]
    [InlineData("today 23:59:59", "2026-11-22T23:59:59Z")]
    [InlineData("Sat 03:00", "2026-11-28T03:00:00Z")]
    [InlineData("sunday 03:00", "2026-11-29T03:00:00Z")]
    [InlineData("Sun 11:00", "2026-11-22T11:00:00Z")]
    [InlineData("2026-11-23 22:00", "2026-11-23T22:00:00Z")]
    [InlineData("2026-11-23T22:00:30", "2026-11-23T22:00:30Z")]
    [InlineData("2026-11-23T22:00:00Z", "2026-11-23T22:00:00Z")]
    [InlineData("2026-11-23T22:00:00+02:00", "2026-11-23T20:00:00Z")]
    [InlineData("2026-11-23 22:00 -05:00", "2026-11-24T03:00:00Z")]
    [InlineData("  22:00 ", "2026-11-22T22:00:00Z")]
    public void Understands_what_people_write(string text, string expected)
    {
        Assert.True(UntilParser.TryParse(text, Now, TimeZoneInfo.Utc, out var until, out var error), error);
        Assert.Equal(DateTimeOffset.Parse(expected, System.Globalization.CultureInfo.InvariantCulture), until);
    }

    [Theory]
    [InlineData("")]
    [InlineData("soon")]
    [InlineData("24:00")]
    [InlineData("22")]
    [InlineData("+")]
    [InlineData("+2")]
    [InlineData("+0h")]
    [InlineData("+99999999999h")]
    [InlineData("+1h -")]
    [InlineData("-2h")]
    [InlineData("today 09:00")]
    [InlineData("2026-11-22 09:59")]
    [InlineData("2026-02-30 10:00")]
    [InlineData("2025-01-01T00:00:00Z")]
    [InlineData("su 03:00")]
    [InlineData("Samstag 03:00")]
    [InlineData("22:00 tomorrow")]
    public void Refuses_the_rest_with_an_example(string text)
    {
        Assert.False(UntilParser.TryParse(text, Now, TimeZoneInfo.Utc, out _, out var error));
        Assert.Contains("for example", error, StringComparison.Ordinal);
        Assert.EndsWith(".", error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_presets_of_the_dialog_are_understood()
    {
        foreach (var preset in UntilParser.Presets)
        {
            Assert.True(UntilParser.TryParse(preset, Now, Berlin, out _, out var error), error);
        }
    }

    [Fact]
    public void A_clock_time_is_the_next_moment_at_which_the_clock_shows_it() =>
        Gen.Select(Gen.Int[0, 86_399], Gen.Long[0, 4L * 365 * 86_400]).Sample((clock, offset) =>
        {
            var now = new DateTimeOffset(2024, 1, 1, 0, 0, 0, TimeSpan.Zero).AddSeconds(offset);
            var wanted = TimeSpan.FromSeconds(clock);
            Assert.True(UntilParser.TryParse(wanted.ToString("hh\\:mm\\:ss"), now, Berlin, out var until, out var error), error);
            var shown = TimeZoneInfo.ConvertTime(until, Berlin).TimeOfDay;
            var jumped = wanted.Hours == 2 && shown == wanted + TimeSpan.FromHours(1);
            Assert.True(shown == wanted || jumped, $"{shown} for {wanted}");
            Assert.InRange(until - now, TimeSpan.FromTicks(1), TimeSpan.FromHours(25));
        });

    [Fact]
    public void A_full_local_time_reads_back_as_it_was_written() =>
        Gen.Long[1, 3L * 365 * 86_400].Sample(seconds =>
        {
            var until = Now.AddSeconds(seconds);
            var local = TimeZoneInfo.ConvertTime(until, Berlin).DateTime;
            Assert.True(UntilParser.TryParse($"{local:yyyy-MM-dd HH:mm:ss}", Now, Berlin, out var read, out var error), error);
            Assert.Equal(local, TimeZoneInfo.ConvertTime(read, Berlin).DateTime);
        });

    [Fact]
    public void A_time_that_comes_twice_is_the_first_that_is_still_to_come()
    {
        var before = new DateTimeOffset(2026, 10, 24, 22, 0, 0, TimeSpan.Zero);
        var between = new DateTimeOffset(2026, 10, 25, 0, 45, 0, TimeSpan.Zero);
        Assert.True(UntilParser.TryParse("02:30", before, Berlin, out var first, out _));
        Assert.True(UntilParser.TryParse("02:30", between, Berlin, out var second, out _));
        Assert.Equal(new DateTimeOffset(2026, 10, 25, 0, 30, 0, TimeSpan.Zero), first);
        Assert.Equal(new DateTimeOffset(2026, 10, 25, 1, 30, 0, TimeSpan.Zero), second);
    }

    [Fact]
    public void Any_text_gives_a_later_moment_or_a_sentence() =>
        Gen.Select(Gen.OneOf(Gen.String, Gen.String["0123456789:-+ TZdhmsatu"]), Gen.Long[DateTimeOffset.MinValue.Ticks, DateTimeOffset.MaxValue.Ticks])
            .Sample((text, ticks) =>
            {
                var now = new DateTimeOffset(ticks, TimeSpan.Zero);
                if (UntilParser.TryParse(text, now, Berlin, out var until, out var error))
                {
                    Assert.True(until > now);
                }
                else
                {
                    Assert.EndsWith(".", error, StringComparison.Ordinal);
                    Assert.DoesNotContain(error, char.IsControl);
                }
            });
}
