using System.Text.RegularExpressions;

namespace VirtHandover.Tui.Format;

/// <summary>Writes an argument so that a POSIX shell reads it back as one word.</summary>
internal static partial class ShellWord
{
    public static string Quote(string argument) =>
        Plain().IsMatch(argument) ? argument : "'" + argument.Replace("'", "'\\''", StringComparison.Ordinal) + "'";

    /// <summary>The domain as one would type it: its name, or its UUID when the name cannot be typed.</summary>
    public static string Domain(string name, Guid uuid) =>
        name.Length == 0 || name[0] == '-' || Guid.TryParse(name, out _) || Printable.Of(name, asciiOnly: false) != name
            ? uuid.ToString()
            : Quote(name);

    [GeneratedRegex(@"\A[A-Za-z0-9_./:@%+=,-]+\z", RegexOptions.CultureInvariant)]
    private static partial Regex Plain();
}
