using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tests.Unit.Tui;

public class QueueFilterTests
{
    [Theory]
    [InlineData("", 10)]
    [InlineData("  ", 10)]
    [InlineData("WEB", 1)]
    [InlineData("!web", 9)]
    [InlineData("state:pending", 3)]
    [InlineData("state:p", 3)]
    [InlineData("state:pending,failed", 4)]
    [InlineData("!state:pending,failed", 6)]
    [InlineData("state:pending !evil", 2)]
    [InlineData("method:copy", 2)]
    [InlineData("!method:copy !method:shared", 1)]
    [InlineData("qemu:6.2", 1)]
    [InlineData("code:vfio", 1)]
    [InlineData("VFIO", 1)]
    [InlineData("00000000-0000-4000-8000-000000000003", 1)]
    [InlineData("\"web-01\"", 1)]
    [InlineData("\"web 01\"", 0)]
    [InlineData("\"state:pending\"", 0)]
    [InlineData("仮想", 1)]
    public void Words_have_to_match_all(string text, int expected)
    {
        Assert.True(QueueFilter.TryParse(text, out var filter, out var error), error);
        Assert.Equal(expected, Sample.Host().Domains.Count(filter.Matches));
    }

    [Theory]
    [InlineData("stat:blocked", "“stat:” at character 1 is nothing to filter by; there are state:, method:, qemu: and code:, and a name with a colon goes into quotation marks.")]
    [InlineData("web state:nowhere", "“nowhere” at character 5 is no state; the states are pending, approved, running, failed, blocked, deferred, done, current.")]
    [InlineData("web !", "Nothing stands behind “!” at character 5; write for example state:blocked, !test, state:pending,failed web.")]
    [InlineData("state:", "Nothing stands behind “state:” at character 1; write for example state:blocked, !test, state:pending,failed web.")]
    [InlineData("a \"b", "The quotation mark at character 3 is not closed; write for example \"my vm\".")]
    public void What_cannot_be_read_is_told_with_its_place_and_an_example(string text, string expected)
    {
        Assert.False(QueueFilter.TryParse(text, out var filter, out var error));
        Assert.Equal(expected, error);
        Assert.True(filter.IsEverything);
    }

    [Fact]
    public void No_text_breaks_it_and_a_not_is_the_opposite() =>
        Gen.OneOf(Gen.String, Gen.String["state:,!\"abqemufd \e\n"]).Sample(text =>
        {
            var good = QueueFilter.TryParse(text, out var filter, out var error);
            Assert.Equal(good, error.Length == 0);
            Assert.DoesNotContain(error, char.IsControl);
            if (good && !text.Contains(' ', StringComparison.Ordinal) && !text.StartsWith('!') && text.Length > 0)
            {
                Assert.True(QueueFilter.TryParse("!" + text, out var not, out _));
                Assert.All(Sample.Host().Domains, domain => Assert.NotEqual(filter.Matches(domain), not.Matches(domain)));
            }
        });

    [Fact]
    public void Quotation_marks_keep_blanks_and_colons()
    {
        var odd = Sample.Domain(1, "my vm:1", "pending");
        Assert.True(QueueFilter.TryParse("\"my vm:1\" state:\"pending\"", out var filter, out _));
        Assert.True(filter.Matches(odd));
        Assert.False(filter.Matches(odd with { Name = "my vm" }));
    }

    [Fact]
    public void A_finding_is_found_by_its_code()
    {
        Assert.True(QueueFilter.TryParse("code:RAM", out var filter, out _));
        Assert.True(filter.Matches(Sample.Domain(1, "a", "pending") with { Findings = [new("RAM_COPY", FindingSeverity.Note, "x")] }));
        Assert.False(filter.Matches(Sample.Domain(1, "RAM", "pending")));
    }
}
