using Terminal.Gui.Drawing;
using VirtHandover.Tui.Model;
using Attribute = Terminal.Gui.Drawing.Attribute;

namespace VirtHandover.Tui.Screen;

/// <summary>How a tone looks: in the terminal's own sixteen colours, or without any colour at all.</summary>
internal sealed class Palette(bool color)
{
    private readonly Attribute normal = Plain(TextStyle.None);

    public Attribute Of(Tone tone, bool selected)
    {
        var attribute = color ? Colored(tone) : Monochrome(tone);
        return selected ? Plain(attribute.Style | TextStyle.Reverse) : attribute;
    }

    /// <summary>For Terminal.Gui's own views: borders, buttons, text fields.</summary>
    public Scheme Scheme()
    {
        var reverse = Plain(TextStyle.Reverse);
        return new Scheme(normal)
        {
            Normal = normal,
            HotNormal = normal,
            Focus = reverse,
            HotFocus = reverse,
            Active = reverse,
            HotActive = reverse,
            Highlight = reverse,
            Editable = Plain(TextStyle.Underline),
            ReadOnly = normal,
            Disabled = Plain(TextStyle.Faint),
        };
    }

    private Attribute Colored(Tone tone) => tone switch
    {
        Tone.Dim => new Attribute(ColorName16.DarkGray, Color.None),
        Tone.Good => new Attribute(ColorName16.Green, Color.None),
        Tone.Busy => new Attribute(ColorName16.Cyan, Color.None),
        Tone.Attention => new Attribute(ColorName16.Yellow, Color.None),
        Tone.Bad => new Attribute(ColorName16.Red, Color.None),
        Tone.Heading => Plain(TextStyle.Bold),
        _ => normal,
    };

    private Attribute Monochrome(Tone tone) => tone switch
    {
        Tone.Bad => Plain(TextStyle.Bold | TextStyle.Underline),
        Tone.Heading or Tone.Attention or Tone.Busy => Plain(TextStyle.Bold),
        _ => normal,
    };

    private static Attribute Plain(TextStyle style) => new(Color.None, Color.None, style);
}
