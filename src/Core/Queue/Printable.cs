using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Text from outside (a domain's name is any bytes its owner likes) for a log line or a sentence.</summary>
public static class Printable
{
    /// <summary>Escapes what a terminal or the journal would act on.</summary>
    /// <param name="text">Any text.</param>
    /// <returns>The same text with control, format and line-separating characters as <c>\uXXXX</c>.</returns>
    public static string Escape(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return ForeignText.Escape(text);
    }
}
