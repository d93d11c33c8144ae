using Terminal.Gui.Input;
using Terminal.Gui.Views;
using VirtHandover.Tui.Model;
using Line = VirtHandover.Tui.Model.Line;

namespace VirtHandover.Tui.Screen;

/// <summary>Asks why the queue is to be paused; others will read it.</summary>
internal sealed class PauseQueueModal : Modal
{
    private const int LabelWidth = 7;

    private readonly TextField field;

    public PauseQueueModal(Palette palette, GlyphSet glyphs)
        : base(palette, glyphs, "Pause the queue")
    {
        Line[] lines =
        [
            .. Line.Wrapped("No further handover starts until somebody resumes the queue; one that runs goes on.", TextWidth, Tone.Normal),
            Line.Empty,
            new Line(new Run("Reason", Tone.Dim)),
            Line.Empty,
        ];
        Add(TextView(palette, lines, 0));
        field = new TextField { X = LabelWidth, Y = lines.Length - 2, Width = TextWidth - LabelWidth, Height = 1 };
        Add(field);
        var cancel = PushButton("Cancel");
        var pause = PushButton("Pause");
        pause.Accepting += (_, e) => Finish(e);
        field.Accepting += (_, e) => Finish(e);
        cancel.Accepting += (_, e) =>
        {
            e.Handled = true;
            App?.RequestStop(this);
        };
        AddButton(cancel);
        AddButton(pause);
        Initialized += (_, _) => field.SetFocus();
    }

    /// <summary>The reason, maybe empty; null when the dialog was cancelled.</summary>
    public string? Reason { get; private set; }

    private void Finish(CommandEventArgs e)
    {
        e.Handled = true;
        Reason = field.Text.Trim();
        App?.RequestStop(this);
    }
}
