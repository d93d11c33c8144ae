using System.Text;
using Terminal.Gui.Configuration;

namespace VirtHandover.Tui.Screen;

/// <summary>Has Terminal.Gui draw frames and buttons in ASCII, for terminals whose locale is not UTF-8.</summary>
internal static class AsciiGlyphs
{
    private static readonly Rune Across = new('-');
    private static readonly Rune Down = new('|');
    private static readonly Rune Corner = new('+');

    public static readonly GlyphSettings Settings = GlyphSettings.Default with
    {
        HLine = Across,
        VLine = Down,
        HalfLeftLine = Across,
        HalfRightLine = Across,
        HalfTopLine = Down,
        HalfBottomLine = Down,
        ULCorner = Corner,
        URCorner = Corner,
        LLCorner = Corner,
        LRCorner = Corner,
        LeftTee = Corner,
        RightTee = Corner,
        TopTee = Corner,
        BottomTee = Corner,
        Cross = Corner,
        LeftBracket = new Rune('['),
        RightBracket = new Rune(']'),
        LeftDefaultIndicator = new Rune('>'),
        RightDefaultIndicator = new Rune('<'),
        HorizontalEllipsis = new Rune('~'),
    };
}
