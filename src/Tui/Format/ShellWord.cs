using System.Text.RegularExpressions;

namespace VirtHandover.Tui.Format;

/// <summary>Writes an argument so that a POSIX shell reads it back as one word.</summary>
internal static partial class ShellWord
{
    public static string Quote(string argument) =>
        Plain().IsMatch(argument) ? argument : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>The domain as one would type it: its name, or its UUID when the name cannot be typed.</summary>
    public static string Domain(string name, Guid uuid) => CanBeTyped(name) ? Quote(name) : uuid.ToString();

    /// <summary>False for a name that would be taken for something else, or that no key types.</summary>
    public static bool CanBeTyped(string name) =>
        name.Length > 0 && name[0] != '-' && !Guid.TryParse(name, out _) && Printable.Of(name, asciiOnly: false) == name;

    /// <summary>The same with a backslash before each letter that needs one: what a completion leaves behind the cursor.</summary>
    public static string Escape(string argument) => Special().Replace(argument, "\\$0");

    /// <summary>
    /// The same behind a quotation mark that is still open, so that the shell reads it as text: behind a double one a name may still hold a command.
    /// </summary>
    /// <param name="argument">The rest of a word.</param>
    /// <param name="quote">The mark.</param>
    public static string Within(string argument, char quote) => quote == '\''
        ? argument.Replace("'", "'\\''", StringComparison.Ordinal)

        // Bash takes "!" for a line of its history even there, and a backslash before it would stay.
        : Active().Replace(argument, "\\$0").Replace("!", "\"'!'\"", StringComparison.Ordinal);

    [GeneratedRegex(@"[""$`\\]", RegexOptions.CultureInvariant)]
    private static partial Regex Active();

    [GeneratedRegex(@"\A[A-Za-z0-9_./:@%+=,-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();

    [GeneratedRegex(@"[^\p{L}\p{N}\p{M}_./:@%+=,-]", RegexOptions.CultureInvariant)]
    private static partial Regex Special();
}
