using CsCheck;
using VirtHandover.Policy;

namespace VirtHandover.Tests.Unit.Policy;

public class DurationTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10min", 600_000)]
    [InlineData("10m", 600_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1h 30min", 5_400_000)]
    [InlineData("1h30min", 5_400_000)]
    [InlineData("30min 1h", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData(" 30 s ", 30_000)]
    [InlineData("0s", 0)]
    [InlineData("1d", 86_400_000)]
    public void They_read_as_systemd_reads_them(string text, long milliseconds)
    {
        foreach (var bare in (bool[])[false, true])
        {
            Assert.True(Duration.TryParse(text, bare, out var value, out var error), error);
            Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
        }
    }

    [Theory]
    [InlineData(" 30 ", 30_000)]
    [InlineData("0", 0)]
    [InlineData("0.5", 500)]
    [InlineData("1h 30", 3_630_000)]
    public void A_bare_number_is_seconds_where_it_may_be_one(string text, long milliseconds)
    {
        Assert.True(Duration.TryParse(text, isBareSeconds: true, out var value, out _));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
        Assert.False(Duration.TryParse(text, isBareSeconds: false, out _, out var error));
        Assert.StartsWith("a unit", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData(null, "it is empty")]
    [InlineData("ms", "a number was expected at character 1")]
    [InlineData("-5s", "a number was expected at character 1")]
    [InlineData("5 parsecs", "a unit (d, h, min, s or ms) was expected at character 3")]
    [InlineData("1.2.3s", "a number was expected at character 1")]
    [InlineData(".", "a number was expected at character 1")]
    [InlineData("1h 10mins", "a unit (d, h, min, s or ms) was expected at character 6")]
    [InlineData("99999999999w", "it is longer than 3650d")]
    [InlineData("1h 9999999999999s", "the number at character 4 is too long")]
    [InlineData("infinity", "a number was expected at character 1")]
    public void Other_text_is_none_and_the_reason_says_where(string? text, string reason)
    {
        Assert.False(Duration.TryParse(text, isBareSeconds: true, out _, out var error));
        Assert.Equal(reason, error);
    }

    [Fact]
    public void What_is_written_reads_back() => Gen.Select(Gen.Long[0, Duration.Longest.Ticks / 10], Gen.Bool).Sample((microseconds, bare) =>
    {
        var value = TimeSpan.FromMicroseconds(microseconds);
        return Duration.TryParse(Duration.Format(value), bare, out var read, out _) && read == value;
    });

    [Fact]
    public void Foreign_text_never_throws() => Gen.Select(Gen.OneOf(Gen.String, Gen.String["0123456789. mshdwuinµ"]), Gen.Bool).Sample((text, bare) =>
        Duration.TryParse(text, bare, out var value, out var error)
            ? error.Length == 0 && value >= TimeSpan.Zero && value <= Duration.Longest
            : error.Length > 0 && value == TimeSpan.Zero && !error.Any(char.IsControl));

    [Theory]
    [InlineData("1ms", "")]
    [InlineData("1h", "")]
    [InlineData("0.5ms", "it is not from 1ms to 1h")]
    [InlineData("61min", "it is not from 1ms to 1h")]
    [InlineData("30", "a unit (d, h, min, s or ms) was expected at character 3")]
    public void A_pause_is_in_its_range_wherever_it_is_written(string text, string reason)
    {
        Assert.Equal(reason.Length == 0, PolicyWords.Pauses.TryParse(text, out _, out var error));
        Assert.Equal(reason, error);
    }

    [Fact]
    public void A_range_takes_what_lies_in_it_and_nothing_else() =>
        Gen.Select(Gen.Long[0, 1000], Gen.Long[0, 1000], Gen.Long[0, 1000]).Sample((one, other, tried) =>
        {
            var range = new DurationRange(TimeSpan.FromMicroseconds(Math.Min(one, other)), TimeSpan.FromMicroseconds(Math.Max(one, other)));
            var value = TimeSpan.FromMicroseconds(tried);
            return range.TryParse(Duration.Format(value), out var read, out _) == (value >= range.Least && value <= range.Most) && read == value;
        });
}
