using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Handover;

namespace VirtHandover.Tests.Unit.Foreign;

public class ForeignTextTests
{
    [Fact]
    public void What_fits_is_kept_as_it_is()
    {
        Finding[] findings = [new("A", FindingSeverity.Note, "One."), new("B", FindingSeverity.Blocker, "Two.")];
        Assert.Same(findings, BoundedFindings.Of(findings));
        Assert.Equal(findings, new Assessment(null, "", findings).Findings);
        Assert.Equal("web-01", ForeignText.Name("web-01"));
    }

    [Theory]
    [InlineData(101, 10)]
    [InlineData(330_000, 10)]
    [InlineData(330_000, 100_000)]
    public void Of_too_many_findings_blockers_stay_and_the_rest_is_counted(int count, int length)
    {
        string word = new('x', length);
        Finding[] findings = [.. Enumerable.Repeat(new Finding("N", FindingSeverity.Note, word), count - 1), new Finding("B", FindingSeverity.Blocker, word)];
        var assessment = new Assessment(null, word, findings);
        Assert.InRange(assessment.Findings.Count, 2, ForeignBounds.Findings);
        Assert.InRange(BoundedFindings.Length(assessment.Findings), 1, ForeignBounds.FindingsChars);
        Assert.Equal(FindingSeverity.Blocker, assessment.Findings[0].Severity);
        Assert.True(assessment.IsBlocked);
        Finding last = assessment.Findings[^1];
        Assert.Equal(BoundedFindings.LeftOut, last.Code);
        Assert.Contains($"And {count - assessment.Findings.Count + 1} more findings", last.Sentence, StringComparison.Ordinal);
        Assert.InRange(assessment.MethodReason.Length, 1, ForeignBounds.SentenceChars);
        // What was shortened once is short enough: it is the same after each reading.
        Assert.Equal(assessment.Findings, BoundedFindings.Of(assessment.Findings));
    }

    [Fact]
    public void A_text_is_not_cut_through_a_character()
    {
        string text = "a" + string.Concat(Enumerable.Repeat("\U0001f600", 10));
        for (int most = 3; most < text.Length; most++)
        {
            string cut = ForeignText.Shorten(text, most);
            Assert.InRange(cut.Length, 1, most);
            Assert.EndsWith("…", cut, StringComparison.Ordinal);
            Assert.False(char.IsHighSurrogate(cut[^2]));
        }
    }

    [Fact]
    public void Of_too_many_paths_the_rest_is_counted()
    {
        var staleness = new Staleness(StalenessKind.Libraries, [.. Enumerable.Range(0, 5000).Select(number => $"/usr/lib/{number}.so")]);
        Assert.Equal(ForeignBounds.Paths, staleness.Paths.Count);
        Assert.Equal($"and {5001 - ForeignBounds.Paths} more", staleness.Paths[^1]);
        Assert.Same(staleness.Paths, ForeignText.Paths(staleness.Paths));
        var one = new Staleness(StalenessKind.Libraries, [new string('/', 100_000)]);
        Assert.InRange(one.Paths[0].Length, 1, ForeignBounds.NameChars);
    }

    [Theory]
    [InlineData("web", "'web'")]
    [InlineData("a\nb\u001b\u202e", @"'a\u000Ab\u001B\u202E'")]
    [InlineData("\ud834\udd1e", @"'\uD834\uDD1E'")]
    [InlineData("0123456789", "'0123456…'")]
    public void A_quotation_is_short_and_on_one_line(string text, string quoted) => Assert.Equal(quoted, ForeignText.Quote(text, 7));

    [Theory]
    [InlineData("web \U0001f600", "web \U0001f600")]
    [InlineData("a\rb\u2028", @"a\u000Db\u2028")]
    [InlineData("\U000e0001\U000e0041", @"\U000E0001\U000E0041")]
    public void What_would_act_on_a_terminal_is_shown_instead(string text, string shown) => Assert.Equal(shown, ForeignText.Escape(text));

    // Not as data of a test: an attribute cannot hold half a character.
    [Fact]
    public void Half_a_character_is_shown_by_its_number()
    {
        Assert.Equal(@"a\uD834", ForeignText.Escape("a\ud834"));
        Assert.Equal(@"\uDD1Ea", ForeignText.Escape("\udd1ea"));
    }

    [Fact]
    public void No_quotation_acts_on_a_terminal() => Gen.String.Sample(text =>
        ForeignText.Quote(text, 20).Length <= 2 + 1 + (20 * 6) && !ForeignText.Quote(text, 20).Any(c => char.IsControl(c) || char.IsSurrogate(c)));

    [Theory]
    [InlineData("", "")]
    [InlineData("\n one \n two", "one")]
    [InlineData("0123456789", "0123456…")]
    public void Of_many_lines_the_first_is_shown(string text, string line) => Assert.Equal(line, ForeignText.FirstLine(text, 7));
}
