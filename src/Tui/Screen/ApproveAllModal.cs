using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;
using Line = VirtHandover.Tui.Model.Line;

namespace VirtHandover.Tui.Screen;

/// <summary>Asks before many domains are approved, with their count and names. Enter answers Cancel.</summary>
internal sealed class ApproveAllModal : Modal
{
    private const int MostLines = 8;

    public ApproveAllModal(Palette palette, GlyphSet glyphs, IReadOnlyList<DomainView> domains, string note)
        : base(palette, glyphs, "Approve all")
    {
        var approve = PushButton($"Approve {domains.Count}");
        var cancel = PushButton("Cancel");
        approve.Accepting += (_, e) =>
        {
            Approved = true;
            e.Handled = true;
            App?.RequestStop(this);
        };
        cancel.Accepting += (_, e) =>
        {
            e.Handled = true;
            App?.RequestStop(this);
        };
        Add(TextView(palette, Lines(domains, note, glyphs), 0));
        AddButton(approve);
        AddButton(cancel);
        Initialized += (_, _) => cancel.SetFocus();
    }

    public bool Approved { get; private set; }

    private static IReadOnlyList<Line> Lines(IReadOnlyList<DomainView> domains, string note, GlyphSet glyphs)
    {
        var count = domains.Count == 1 ? "1 domain" : $"{domains.Count} domains";
        var names = Columns.Wrap(string.Join(", ", domains.Select(domain => glyphs.Safe(domain.Name))), TextWidth);
        var lines = names.Take(MostLines).Select(text => new Line(new Run(text))).ToList();
        if (names.Count > MostLines)
        {
            lines.Add(new Line(new Run($"{glyphs.Cut} and more; the queue shows them all.", Tone.Dim)));
        }

        return
        [
            new Line(new Run($"Hand {count} over to the new QEMU, one after the other?", Tone.Heading)),
            .. Line.Wrapped(glyphs.Safe(note), TextWidth, Tone.Dim), Line.Empty, .. lines, Line.Empty,
        ];
    }
}
