using CsCheck;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Policy;

public class MaintenanceWindowsTests
{
    private static readonly string[] s_days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

    private static readonly Gen<string> s_time = Gen.Select(Gen.Int[0, 23], Gen.Int[0, 59]).Select((hour, minute) => $"{hour:00}:{minute:00}");

    private static readonly Gen<string> s_part = Gen.Select(
        Gen.OneOf(
            Gen.Const(""),
            OneOf(s_days).Array[1, 4].Select(days => string.Join(',', days) + " "),
            Gen.Select(OneOf(s_days), OneOf("..", "-"), OneOf(s_days)).Select((from, dash, to) => $"{from}{dash}{to} ")),
        s_time, s_time).Where((_, from, to) => from != to).Select((days, from, to) => $"{days}{from}-{to}");

    private static readonly Gen<string> s_text = s_part.Array[1, 4].Select(parts => string.Join("; ", parts));

    // One without changes of the clock, one on each half of the globe, one that changes by half an hour, one by the day.
    private static readonly Gen<TimeZoneInfo> s_zone = OneOf("UTC", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Pacific/Apia")
        .Select(TimeZoneInfo.FindSystemTimeZoneById);

    [Theory]
    [InlineData("Sun 02:00-04:00", "Sun 02:00-04:00")]
    [InlineData("  sunday   2:00-4:00 ;; ", "Sun 02:00-04:00")]
    [InlineData("Mon..Fri 22:00-05:00;Sat,Sun 00:00-24:00", "Mon..Fri 22:00-05:00; Sat,Sun 00:00-24:00")]
    [InlineData("Fri-Mon 01:00-02:00", "Mon,Fri..Sun 01:00-02:00")]
    [InlineData("MON..SUN 01:00-02:00", "01:00-02:00")]
    [InlineData("", "")]
    [InlineData("   ", "")]
    public void It_has_one_spelling(string text, string spelled) => Assert.Equal(spelled, MaintenanceWindows.Parse(text).Text);

    [Theory]
    [InlineData(";", "there is no window in it")]
    [InlineData("Sun", "is not a span of time")]
    [InlineData("Sun 02:00", "\"02:00\" is not a span of time")]
    [InlineData("Sunn 02:00-04:00", "\"Sunn\" is no day; the days are Mon, Tue")]
    [InlineData("Mon..Tue..Wed 02:00-04:00", "neither a day nor a range")]
    [InlineData("Mon, 02:00-04:00", "\"\" is no day")]
    [InlineData("02:00-02:00", "it ends when it begins; the whole day is 00:00-24:00")]
    [InlineData("24:00-02:00", "it ends when it begins")]
    [InlineData("25:00-26:00", "\"25:00\" is no time of day")]
    [InlineData("2:60-3:00", "\"2:60\" is no time of day")]
    [InlineData("02:00-24:01", "\"24:01\" is no time of day")]
    [InlineData("Sun 02:00 - 04:00", "it is not days and one span of time")]
    [InlineData("\u0660\u0661:00-02:00", "is no time of day")]
    [InlineData("Sun\e[2J 02:00-04:00", "\"Sun?[2J\" is no day")]
    public void What_is_wrong_is_said_with_an_example_of_what_is_right(string text, string why)
    {
        var sentence = Assert.Throws<PolicyException>(() => MaintenanceWindows.Parse(text)).Message;
        Assert.Contains(why, sentence, StringComparison.Ordinal);
        Assert.EndsWith("A right one is Sun 02:00-04:00; Mon..Fri 22:00-05:00", sentence, StringComparison.Ordinal);
        Assert.DoesNotContain(sentence, char.IsControl);
    }

    [Fact]
    public void Any_text_is_windows_or_refused() => Gen.OneOf(Gen.String, Gen.String[OneOf("SunMo 0123456789:-.;,".ToCharArray()), 0, 40]).Sample(text =>
    {
        try
        {
            Assert.NotNull(MaintenanceWindows.Parse(text));
        }
        catch (PolicyException e)
        {
            Assert.NotEmpty(e.Message);
        }
    });

    [Fact]
    public void The_spelling_reads_back_as_the_same_windows() => s_text.Sample(text =>
    {
        var windows = MaintenanceWindows.Parse(text);
        var back = MaintenanceWindows.Parse(windows.Text);
        Assert.Equal(windows, back);
        Assert.Equal(windows.Text, back.Text);
    });

    [Fact]
    public void It_is_open_when_the_clock_on_the_wall_says_so() =>
        Gen.Select(OneOf(s_days), s_time, s_time, s_zone, Gen.Int[0, 400_000]).Where((_, from, to, _, _) => from != to)
            .Sample((day, from, to, zone, minutes) =>
            {
                var now = new DateTimeOffset(2026, 3, 1, 0, 0, 0, TimeSpan.Zero).AddMinutes(minutes);
                var wall = TimeZoneInfo.ConvertTime(now, zone);
                var clock = wall.ToString("HH:mm", System.Globalization.CultureInfo.InvariantCulture);
                var isDay = wall.DayOfWeek.ToString().StartsWith(day, StringComparison.Ordinal);
                var isDayAfter = wall.AddDays(-1).DayOfWeek.ToString().StartsWith(day, StringComparison.Ordinal);
                var expected = string.CompareOrdinal(from, to) < 0
                    ? isDay && string.CompareOrdinal(clock, from) >= 0 && string.CompareOrdinal(clock, to) < 0
                    : (isDay && string.CompareOrdinal(clock, from) >= 0) || (isDayAfter && string.CompareOrdinal(clock, to) < 0);
                Assert.Equal(expected, MaintenanceWindows.Parse($"{day} {from}-{to}").At(now, zone).IsOpen);
            });

    [Fact]
    public void The_next_change_is_the_first_one() =>
        Gen.Select(s_text, s_zone, Gen.Int[0, 400 * 24 * 60], Gen.Int[0, 59]).Sample(
            (text, zone, minutes, seconds) =>
            {
                var windows = MaintenanceWindows.Parse(text);
                var now = new DateTimeOffset(2026, 1, 1, 0, 0, seconds, TimeSpan.Zero).AddMinutes(minutes);
                var (isOpen, change) = windows.At(now, zone);
                var limit = change ?? now.AddDays(14);
                for (var moment = now; moment < limit; moment = moment.AddMinutes(7))
                {
                    Assert.Equal(isOpen, windows.At(moment, zone).IsOpen);
                }

                if (change is { } flip)
                {
                    Assert.True(flip > now);
                    Assert.Equal(isOpen, windows.At(flip.AddSeconds(-1), zone).IsOpen);
                    Assert.NotEqual(isOpen, windows.At(flip, zone).IsOpen);
                }
            },
            iter: 60);

    [Theory]
    // Spring forward in Berlin, 2026-03-29: there is no 02:30, so the window does not open; the next one is a week later.
    [InlineData("Sun 02:00-03:00", "2026-03-28T12:00:00Z", false, "2026-04-05T00:00:00Z")]
    // A window around the gap is shorter by it.
    [InlineData("Sun 01:30-03:30", "2026-03-29T00:30:00Z", true, "2026-03-29T01:30:00Z")]
    // Fall back, 2026-10-25: 02:00 to 03:00 comes twice, and the window is open both times.
    [InlineData("Sun 02:00-02:30", "2026-10-25T00:00:00Z", true, "2026-10-25T00:30:00Z")]
    [InlineData("Sun 02:00-02:30", "2026-10-25T00:30:00Z", false, "2026-10-25T01:00:00Z")]
    [InlineData("Sun 02:00-02:30", "2026-10-25T01:00:00Z", true, "2026-10-25T01:30:00Z")]
    // Over midnight, and over the end of the week.
    [InlineData("Sat 23:00-01:00", "2026-06-06T22:30:00Z", true, "2026-06-06T23:00:00Z")]
    public void A_change_of_the_clock_is_what_the_wall_shows(string text, string now, bool isOpen, string change)
    {
        var (open, next) = MaintenanceWindows.Parse(text).At(Moment(now), TimeZoneInfo.FindSystemTimeZoneById("Europe/Berlin"));
        Assert.Equal((isOpen, Moment(change)), (open, next));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00:00-24:00")]
    [InlineData("00:00-12:00; 12:00-24:00")]
    public void What_is_always_open_never_changes(string text) =>
        Assert.Equal((true, null), MaintenanceWindows.Parse(text).At(DateTimeOffset.UnixEpoch, TimeZoneInfo.Utc));

    private static DateTimeOffset Moment(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);

    private static Gen<T> OneOf<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(index => values[index]);
}
