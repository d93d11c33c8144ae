using CsCheck;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tests.Unit.Tui;

public class FormatTests
{
    private static readonly Gen<string> AnyText = Gen.OneOf(
        Gen.String, Gen.String["ab\e\n\t\u0085\u009b日本é\u0301\u200d\u202e\ud83d\ude00\ufe0f "], Gen.String[Gen.Char, 0, 300]);

    [Theory]
    [InlineData("web-01", "web-01")]
    [InlineData("a\e[2Jb", "a\\x1b[2Jb")]
    [InlineData("a\nb\tc\rd", "a\\nb\\tc\\rd")]
    [InlineData("\u009b1m", "\\x9b1m")]
    [InlineData("a\u202eb", "a\\u{202e}b")]
    [InlineData("日本", "日本")]
    public void Foreign_text_is_escaped(string text, string expected) => Assert.Equal(expected, Printable.Of(text));

    [Fact]
    public void Half_a_character_is_escaped() => Assert.Equal("a\\u{d800}b", Printable.Of("a\ud800b"));

    [Fact]
    public void Without_utf8_everything_beyond_ascii_is_escaped() => Assert.Equal("\\xe9\\u{65e5}", Printable.Of("é日", asciiOnly: true));

    [Fact]
    public void Escaped_text_holds_nothing_that_moves_a_cursor() =>
        AnyText.Sample(text =>
        {
            Assert.DoesNotContain(Printable.Of(text), c => char.IsControl(c) || c is '\u2028' or '\u2029' or '\u202e' or '\u200d');
            Assert.DoesNotContain(Printable.Of(text, asciiOnly: true), c => c is < ' ' or > '~');
        });

    [Fact]
    public void Fit_takes_exactly_its_columns() =>
        Gen.Select(AnyText, Gen.Int[0, 60], Gen.Bool).Sample((text, width, right) =>
            Assert.Equal(width, Columns.Of(Columns.Fit(Printable.Of(text), width, "…", right))));

    [Fact]
    public void Wrapped_lines_fit_and_lose_no_words() =>
        Gen.Select(AnyText, Gen.Int[2, 60]).Sample((text, width) =>
        {
            var safe = Printable.Of(text);
            var lines = Columns.Wrap(safe, width);
            Assert.All(lines, line => Assert.True(Columns.Of(line) <= width, $"“{line}” is wider than {width}"));
            Assert.Equal(safe.Replace(" ", "", StringComparison.Ordinal), string.Concat(lines).Replace(" ", "", StringComparison.Ordinal));
        });

    [Theory]
    [InlineData(0, "")]
    [InlineData(4_200, "4.2 ms")]
    [InlineData(41_234, "41 ms")]
    [InlineData(312_000, "312 ms")]
    [InlineData(8_300_000, "8.30 s")]
    [InlineData(12_340_000, "12.3 s")]
    [InlineData(185_000_000, "3 min 5 s")]
    public void Durations_read_well(long microseconds, string expected) => Assert.Equal(expected, Quantity.Duration(microseconds));

    [Theory]
    [InlineData("web-01", "web-01")]
    [InlineData("my vm", "'my vm'")]
    [InlineData("it's", "'it'\\''s'")]
    [InlineData("-rf", "00000000-0000-4000-8000-000000000001")]
    [InlineData("a\nb", "00000000-0000-4000-8000-000000000001")]
    [InlineData("", "00000000-0000-4000-8000-000000000001")]
    public void A_domain_is_written_as_one_word_of_a_shell(string name, string expected) =>
        Assert.Equal(expected, ShellWord.Domain(name, new Guid("00000000-0000-4000-8000-000000000001")));

    [Fact]
    public void A_table_never_exceeds_its_width() =>
        Gen.Select(Gen.Select(AnyText, AnyText, AnyText).Array[0, 8], Gen.Int[1, 100]).Sample((cells, width) =>
        {
            TableColumn[] columns = [new("ONE", Most: 20), new("TWO", AlignRight: true), new("THREE")];
            var rows = cells.Select(row => new[] { row.Item1, row.Item2, row.Item3 }.Select(text => new Run(Printable.Of(text))).ToArray()).ToList();
            Assert.All(Table.Layout(columns, rows, width, GlyphSet.Unicode), line => Assert.True(Columns.Of(line.Text) <= width));
        });
}
