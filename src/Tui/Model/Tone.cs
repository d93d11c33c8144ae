namespace VirtHandover.Tui.Model;

/// <summary>What a piece of text means; the terminal decides how that looks (colour, or bold and reverse without).</summary>
internal enum Tone
{
    Normal,
    Dim,
    Good,
    Busy,
    Attention,
    Bad,
    Heading,
}
