using Microsoft.Extensions.Time.Testing;
using Terminal.Gui.Input;
using VirtHandover.Tests.Unit.Tui.Support;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Screen;

namespace VirtHandover.Tests.Unit.Tui;

[Collection(nameof(ScreenTests))]
public class ModalTests
{
    private readonly FakeTimeProvider time = new(Sample.Now);

    public ModalTests() => time.SetLocalTimeZone(TimeZoneInfo.Utc);

    [Fact]
    public void Approve_all_shows_count_and_names_and_enter_answers_cancel()
    {
        using var run = ApproveAll(3);
        Golden.Match(run.Text, "modal-approve-all.txt");
        run.Press(Key.Enter);
        Assert.False(run.IsOpen);
        Assert.False(run.Modal.Approved);
    }

    [Fact]
    public void Approve_all_takes_a_deliberate_yes()
    {
        using var run = ApproveAll(3);
        run.Press(Key.Tab.WithShift, Key.Enter);
        Assert.False(run.IsOpen);
        Assert.True(run.Modal.Approved);
    }

    [Fact]
    public void Approve_all_of_two_hundred_still_fits()
    {
        using var run = ApproveAll(200);
        Assert.Contains("Hand 200 domains over", run.Text, StringComparison.Ordinal);
        Assert.Contains("► Cancel ◄", run.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Esc_closes_a_dialog_and_ctrl_c_leaves(bool leave)
    {
        using var all = ApproveAll(3);
        all.Press(leave ? Key.C.WithCtrl : Key.Esc);
        Assert.False(all.IsOpen);
        Assert.False(all.Modal.Approved);
        Assert.Equal(leave, all.Modal.WantsQuit);

        using var defer = Defer();
        defer.Press(leave ? Key.C.WithCtrl : Key.Esc);
        Assert.False(defer.IsOpen);
        Assert.Null(defer.Modal.Answer);
        Assert.Equal(leave, defer.Modal.WantsQuit);
    }

    [Fact]
    public void The_defer_dialog_reads_times_as_the_command_line_does()
    {
        using var run = Defer();
        Golden.Match(run.Text, "modal-defer.txt");
        run.Press(Key.CursorDown);
        Assert.Contains("= Sun 2026-11-22 22:00:00 UTC (in 12 h)", run.Text, StringComparison.Ordinal);
        run.Press(Key.X, Key.Enter);
        Assert.True(run.IsOpen);
        Golden.Match(run.Text, "modal-defer-wrong.txt");
        run.Press(Key.Backspace, Key.Enter);
        Assert.False(run.IsOpen);
        Assert.Equal(new DeferAnswer(Sample.Now.AddHours(12), "22:00", ""), run.Modal.Answer);
    }

    [Fact]
    public void A_deferral_of_several_takes_a_reason()
    {
        using var run = new ModalRun<DeferModal>(new DeferModal(
            new Palette(false), GlyphSet.Ascii, time, [Sample.Domain(1, "web-01", "pending"), Sample.Domain(2, "a\e[31mb", "pending")]));
        run.Press(Key.Tab, Key.B, Key.A, Key.C, Key.K);
        Golden.Match(run.Text, "modal-defer-two.txt");
        run.Press(Key.Enter);
        Assert.False(run.IsOpen);
        Assert.Equal(new DeferAnswer(Sample.Now.AddHours(2), "+2h", "back"), run.Modal.Answer);
    }

    [Theory]
    [InlineData(true, "")]
    [InlineData(true, "lunch")]
    [InlineData(false, "lunch")]
    public void The_queue_is_paused_with_a_reason_or_without(bool pause, string reason)
    {
        using var run = new ModalRun<PauseQueueModal>(new PauseQueueModal(new Palette(false), GlyphSet.Unicode));
        run.Press([.. reason.Select(letter => new Key(letter))]);
        if (reason.Length == 0)
        {
            Golden.Match(run.Text, "modal-pause-queue.txt");
        }

        run.Press(pause ? Key.Enter : Key.Esc);
        Assert.False(run.IsOpen);
        Assert.Equal(pause ? reason : null, run.Modal.Reason);
    }

    [Fact]
    public void The_presets_go_round()
    {
        using var run = Defer();
        run.Press(Key.CursorUp);
        Assert.Contains("= Sat 2026-11-28 03:00:00 UTC", run.Text, StringComparison.Ordinal);
        run.Press(Key.CursorDown, Key.CursorDown, Key.CursorDown);
        Assert.Contains("= Mon 2026-11-23 06:00:00 UTC", run.Text, StringComparison.Ordinal);
    }

    private static ModalRun<ApproveAllModal> ApproveAll(int count)
    {
        var domains = Enumerable.Range(1, count).Select(i => Sample.Domain(i, i == 2 ? "a_b\e[31m" : $"machine-{i}", "pending")).ToList();
        return new(new ApproveAllModal(new Palette(false), GlyphSet.Unicode, domains, "Every pending domain. Their pauses so far: p50 31 ms, longest 312 ms."));
    }

    private ModalRun<DeferModal> Defer() => new(new DeferModal(new Palette(false), GlyphSet.Unicode, time, [Sample.Domain(4, "legacy_7", "pending")]));
}
