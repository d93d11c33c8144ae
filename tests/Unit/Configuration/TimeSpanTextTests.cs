using CsCheck;
using VirtHandover.Configuration;

namespace VirtHandover.Tests.Unit.Configuration;

public class TimeSpanTextTests
{
    [Theory]
    [InlineData("500ms", 500)]
    [InlineData("10min", 600_000)]
    [InlineData("2h", 7_200_000)]
    [InlineData("1h 30min", 5_400_000)]
    [InlineData("1h30min", 5_400_000)]
    [InlineData("1.5s", 1_500)]
    [InlineData(" 30 ", 30_000)]
    [InlineData("0", 0)]
    [InlineData("1d", 86_400_000)]
    public void Spans_read_as_systemd_reads_them(string text, long milliseconds)
    {
        Assert.True(TimeSpanText.TryParse(text, out var value));
        Assert.Equal(TimeSpan.FromMilliseconds(milliseconds), value);
    }

    [Theory]
    [InlineData("")]
    [InlineData(null)]
    [InlineData("ms")]
    [InlineData("-5s")]
    [InlineData("5 parsecs")]
    [InlineData("1.2.3s")]
    [InlineData(".")]
    [InlineData("10mins")]
    [InlineData("99999999999w")]
    [InlineData("infinity")]
    public void Other_text_is_no_span(string? text) => Assert.False(TimeSpanText.TryParse(text, out _));

    [Fact]
    public void What_is_written_reads_back() => Gen.Long[0, TimeSpanText.Longest.Ticks / 10].Sample(microseconds =>
    {
        var value = TimeSpan.FromMicroseconds(microseconds);
        return TimeSpanText.TryParse(TimeSpanText.Format(value), out var read) && read == value;
    });

    [Fact]
    public void Random_text_never_throws() => Gen.OneOf(Gen.String, Gen.String["0123456789. mshdwuinµ"]).Sample(text =>
        !TimeSpanText.TryParse(text, out var value) || (value >= TimeSpan.Zero && value <= TimeSpanText.Longest));
}
