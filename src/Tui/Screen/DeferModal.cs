using Terminal.Gui.Input;
using Terminal.Gui.Views;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;
using VirtHandover.Tui.Time;
using Line = VirtHandover.Tui.Model.Line;

namespace VirtHandover.Tui.Screen;

/// <summary>What the defer dialog was answered with.</summary>
/// <param name="Until">The moment.</param>
/// <param name="Text">The same as it was written.</param>
/// <param name="Reason">Why; may be empty.</param>
internal sealed record DeferAnswer(DateTimeOffset Until, string Text, string Reason);

/// <summary>Asks until when domains are to be deferred, and why; shows at once how the time is understood.</summary>
internal sealed class DeferModal : Modal
{
    private const int LabelWidth = 7;

    private readonly GlyphSet glyphs;
    private readonly TimeProvider time;
    private readonly TextField field;
    private readonly TextField reason;
    private readonly LinesView verdict;

    public DeferModal(Palette palette, GlyphSet glyphs, TimeProvider time, IReadOnlyList<DomainView> domains)
        : base(palette, glyphs, "Defer")
    {
        this.glyphs = glyphs;
        this.time = time;
        var names = (domains.Count > 1 ? $"{domains.Count}: " : "") + string.Join(", ", domains.Select(domain => glyphs.Safe(domain.Name)));
        var name = new Line(new Run("Domain ", Tone.Dim), new Run(Columns.Cut(names, TextWidth - LabelWidth, glyphs.Cut), Tone.Heading));
        Add(TextView(palette, [name, Line.Empty, new Line(new Run("Until", Tone.Dim))], 0));
        field = new TextField { X = LabelWidth, Y = 2, Width = TextWidth - LabelWidth, Height = 1, Text = UntilParser.Presets[0] };
        Add(field);
        verdict = TextView(palette, [Line.Empty, Line.Empty, Line.Empty], 3);
        Add(verdict);
        var presets = string.Join(glyphs.IsAscii ? " | " : " · ", UntilParser.Presets);
        Add(TextView(palette, [new Line(new Run($"Up and Down go through: {presets}", Tone.Dim)), Line.Empty, new Line(new Run("Reason", Tone.Dim)), Line.Empty], 6));
        reason = new TextField { X = LabelWidth, Y = 8, Width = TextWidth - LabelWidth, Height = 1 };
        Add(reason);

        var defer = PushButton("Defer");
        var cancel = PushButton("Cancel");
        defer.Accepting += (_, e) => Finish(e);
        field.Accepting += (_, e) => Finish(e);
        reason.Accepting += (_, e) => Finish(e);
        cancel.Accepting += (_, e) =>
        {
            e.Handled = true;
            App?.RequestStop(this);
        };
        AddButton(cancel);
        AddButton(defer);
        field.TextChanged += (_, _) => Judge();
        field.KeyDown += (_, key) => key.Handled = Preset(KeyNames.Of(key));
        Initialized += (_, _) =>
        {
            field.SetFocus();
            field.MoveEnd();
            Judge();
        };
    }

    /// <summary>The answer; null when the dialog was cancelled.</summary>
    public DeferAnswer? Answer { get; private set; }

    private void Finish(CommandEventArgs e)
    {
        // A time that is not understood keeps the dialog open: the verdict says what is wrong.
        e.Handled = true;
        if (Judge() is { } until)
        {
            Answer = new DeferAnswer(until, field.Text.Trim(), reason.Text.Trim());
            App?.RequestStop(this);
        }
    }

    private DateTimeOffset? Judge()
    {
        var understood = UntilParser.TryParse(field.Text, time.GetUtcNow(), time.LocalTimeZone, out var until, out var error);
        var sentence = understood ? $"= {Moment.FullWithDistance(until, time.GetUtcNow(), time.LocalTimeZone)}" : error;
        verdict.Lines =
        [
            .. Columns.Wrap(glyphs.Safe(sentence), TextWidth).Take(3)
                .Select(text => new Line(new Run(text, understood ? Tone.Good : Tone.Bad)).Fit(TextWidth, glyphs.Cut)),
        ];
        verdict.SetNeedsDraw();
        return understood ? until : null;
    }

    private bool Preset(string key)
    {
        if (key is not ("Up" or "Down"))
        {
            return false;
        }

        var presets = UntilParser.Presets;
        var now = presets.ToList().IndexOf(field.Text);
        var next = key == "Down" ? now + 1 : now < 0 ? presets.Count - 1 : now - 1;
        field.Text = presets[(next + presets.Count) % presets.Count];
        field.MoveEnd();
        return true;
    }
}
