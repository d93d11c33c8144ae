using CsCheck;
using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Cli;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Screen;

namespace VirtHandover.Tests.Unit.Tui;

/// <summary>The screen without a terminal: state, keys, news, composition.</summary>
public class ScreenModelTests
{
    private static readonly ScreenSetting Setting = new("host", GlyphSet.Unicode, TimeZoneInfo.Utc);

    private static readonly Gen<string> AnyText = Gen.OneOf(Gen.String, Gen.String["ab\e\n\u009b日é\u0301\u200d_ "], Gen.String[Gen.Char, 0, 250]);

    private static readonly Gen<DomainView> AnyDomain =
        from number in Gen.Int[1, 12]
        from name in AnyText
        from state in Any<string>([.. StateLook.Words, "", "a state of tomorrow"])
        from texts in AnyText.Array[4]
        from until in Gen.Long[0, DateTimeOffset.MaxValue.Ticks]
        from progress in Gen.Double
        from figures in Gen.Long.Array[3]
        from severity in Any(FindingSeverity.Note, FindingSeverity.Warning, FindingSeverity.Blocker)
        select Sample.Domain(number, name, state) with
        {
            RunningVersion = texts[0],
            InstalledVersion = texts[1],
            Method = texts[2],
            LastSentence = texts[3],
            ApprovedBy = texts[0],
            Phase = texts[1],
            DeferredUntil = until % 2 == 0 ? new DateTimeOffset(until, TimeSpan.Zero) : null,
            Progress = progress,
            LastPauseMicroseconds = figures[0],
            LastTotalMicroseconds = figures[1],
            LastOutageMicroseconds = figures[2],
            Findings = [new Finding(texts[2], severity, texts[3])],
        };

    private static readonly Gen<HostView> AnyView = AnyDomain.Array[0, 12].Select(domains =>
        new HostView("1", "ask", domains.Length % 5 == 0 ? "Al\e[31marm" : "", null, [.. domains.DistinctBy(domain => domain.Uuid)]));

    private static readonly Gen<Func<ScreenState, ScreenExtent, ScreenState>> AnyEvent = Gen.OneOf(
        AnyView.Select<HostView, Func<ScreenState, ScreenExtent, ScreenState>>(view => (state, _) => ScreenNews.Arrived(state, view, Sample.Now)),
        AnyText.Select<string, Func<ScreenState, ScreenExtent, ScreenState>>(text => (state, _) => ScreenNews.WentAway(state, text, Sample.Now)),
        Any(Enum.GetValues<ScreenAction>())
            .Select<ScreenAction, Func<ScreenState, ScreenExtent, ScreenState>>(key => (state, extent) => ScreenKeys.Press(state, key, extent).State));

    [Fact]
    public void Whatever_happens_every_line_fits_and_the_cursor_is_on_a_row() =>
        Gen.Select(AnyEvent.Array[1, 15], Gen.Int[1, 160], Gen.Int[1, 50], Gen.Bool).Sample(
            (events, width, height, ascii) =>
            {
                var setting = Setting with { Glyphs = ascii ? GlyphSet.Ascii : GlyphSet.Unicode };
                var state = new ScreenState();
                var extent = new ScreenExtent(0, 0, 0);
                foreach (var one in events)
                {
                    state = one(state, extent);
                    var content = ScreenComposer.Compose(state, width, height, setting, Sample.Now);
                    extent = content.Extent;
                    Assert.Equal(state.Rows.Count == 0, state.SelectedDomain is null);
                    if (state.Rows.Count > 0)
                    {
                        Assert.Equal(state.Selected, state.Rows[state.SelectedRow].Uuid);
                    }

                    Fits(content.Header.Append(content.Message).Append(content.Keys), width, ascii);
                    Fits(content.Queue, content.Layout.Queue.InnerWidth, ascii);
                    Fits(content.Page, content.Layout.Page.InnerWidth, ascii);
                    Assert.True(content.Queue.Count <= Math.Max(1, content.Layout.Queue.InnerHeight) || state.Rows.Count == 0);
                    Assert.True(content.Details.Count <= content.Layout.Details.InnerHeight);
                    Assert.True(content.Log.Count <= content.Layout.Log.InnerHeight);
                    Assert.True(content.Page.Count <= content.Layout.Page.InnerHeight);
                }
            },
            iter: 200);

    [Fact]
    public void The_cursor_follows_its_domain_when_rows_come_and_go() =>
        Gen.Select(AnyView, AnyView, Gen.Int[0, 11]).Sample((first, second, downs) =>
        {
            var state = ScreenNews.Arrived(new ScreenState(), first, Sample.Now);
            for (var i = 0; i < downs; i++)
            {
                state = ScreenKeys.Press(state, ScreenAction.Down, new ScreenExtent(5, 5, 5)).State;
            }

            var next = ScreenNews.Arrived(state, second, Sample.Now);
            if (second.Domains.Any(domain => domain.Uuid == state.Selected))
            {
                Assert.Equal(state.Selected, next.Selected);
            }
        });

    [Fact]
    public void The_selected_row_is_visible_and_the_list_moves_as_little_as_possible() =>
        Gen.Select(Gen.Int[0, 300], Gen.Int[0, 299], Gen.Int[1, 60], Gen.Int[1, 300]).Sample((top, selected, visible, count) =>
        {
            selected = Math.Min(selected, count - 1);
            var now = ScreenComposer.KeepVisible(top, selected, visible, count);
            Assert.InRange(selected, now, now + visible - 1);
            if (selected >= top && selected < top + visible && top + visible <= count)
            {
                Assert.Equal(top, now);
            }
        });

    [Fact]
    public void Columns_do_not_jump_when_rows_change() =>
        Gen.Select(AnyDomain, AnyDomain, Gen.Int[20, 160]).Sample((one, other, width) =>
        {
            var first = QueueLines.Of(one, false, width, GlyphSet.Unicode, Sample.Now, TimeZoneInfo.Utc);
            var second = QueueLines.Of(other, true, width, GlyphSet.Unicode, Sample.Now, TimeZoneInfo.Utc);
            Assert.Equal(Columns.Of(first.Runs[0].Text), Columns.Of(second.Runs[0].Text));
            Assert.Equal(width, Columns.Of(first.Text));
        });

    [Fact]
    public void Every_state_has_a_glyph_of_its_own_even_in_ascii()
    {
        foreach (var glyphs in new[] { GlyphSet.Unicode, GlyphSet.Ascii })
        {
            Assert.Equal(StateLook.Words.Count, StateLook.Words.Select(word => StateLook.Of(word, glyphs).Glyph).Distinct().Count());
        }
    }

    [Fact]
    public void No_key_means_two_things_and_every_action_has_one()
    {
        var keys = KeyTable.Entries.SelectMany(entry => entry.Keys).ToList();
        Assert.Equal(keys.Count, keys.Distinct().Count());
        Assert.Equal(Enum.GetValues<ScreenAction>().Order(), KeyTable.Entries.Select(entry => entry.Action).Order());
    }

    [Fact]
    public void The_twin_of_an_action_is_what_one_would_type()
    {
        var odd = Sample.Domain(1, "my vm", "pending");
        Assert.Equal(" approve 'my vm'", ServiceCalls.Twin(new ScreenEffect.Call(ServiceVerb.Approve, [odd])));
        Assert.Equal(
            " defer 'my vm' --until 'tomorrow 06:00' --reason 'month'\\''s end'",
            ServiceCalls.Twin(new ScreenEffect.Call(ServiceVerb.Defer, [odd]) { Until = Sample.Now, UntilText = "tomorrow 06:00", Reason = "month's end" }));
        Assert.Equal(" rehearse 'my vm'", ServiceCalls.Twin(new ScreenEffect.Call(ServiceVerb.Rehearse, [odd])));
    }

    [Fact]
    public void The_log_tells_what_changed()
    {
        var before = Sample.Host();
        var state = ScreenNews.Arrived(new ScreenState(), before, Sample.Now);
        var after = before with
        {
            Domains =
            [
                before.Domains[0] with { State = "approved", ApprovedBy = "root (uid 0)" },
                before.Domains[1] with { State = "done", Phase = "", LastPauseMicroseconds = 41_000, LastTotalMicroseconds = 312_000 },
                .. before.Domains.Skip(3),
            ],
        };
        state = ScreenNews.Arrived(state, after, Sample.Now);
        Assert.Equal(
            ["web-01: approved by root (uid 0)", "db-02: done, pause 41 ms, total 312 ms", "api-03: does not run any more"],
            state.Log.Skip(1).Select(entry => entry.Text));
        Assert.Equal(state, ScreenNews.Arrived(state, after, Sample.Now));
    }

    [Theory]
    [InlineData(null, null, null, false)]
    [InlineData(null, null, "C", false)]
    [InlineData(null, null, "en_US.UTF-8", true)]
    [InlineData(null, "C.utf8", "C", true)]
    [InlineData("POSIX", "C.utf8", "en_US.UTF-8", false)]
    [InlineData("", "", "de_DE.ISO-8859-1", false)]
    public void The_locale_decides_between_utf8_and_ascii(string? all, string? type, string? lang, bool expected) =>
        Assert.Equal(expected, TerminalTraits.IsUtf8(name => name switch { "LC_ALL" => all, "LC_CTYPE" => type, "LANG" => lang, _ => null }));

    [Theory]
    [InlineData(0, 80)]
    [InlineData(20, 40)]
    [InlineData(132, 132)]
    public void A_line_that_knows_no_size_is_taken_for_the_usual_one(int told, int expected) => Assert.Equal(expected, TerminalTraits.WidthOf(told));

    private static Gen<T> Any<T>(params T[] values) => Gen.Int[0, values.Length - 1].Select(i => values[i]);

    private static void Fits(IEnumerable<Line> lines, int width, bool ascii)
    {
        foreach (var line in lines)
        {
            Assert.True(Columns.Of(line.Text) <= width, $"“{line.Text}” is wider than {width}");
            Assert.DoesNotContain(line.Text, c => char.IsControl(c) || (ascii && c > '~'));
        }
    }
}
