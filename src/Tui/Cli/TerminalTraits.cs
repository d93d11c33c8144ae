using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>What is known about the terminal from the environment.</summary>
internal sealed record TerminalTraits
{
    private static readonly string[] LocaleVariables = ["LC_ALL", "LC_CTYPE", "LANG"];

    /// <summary>Standard input is a terminal: one may ask.</summary>
    public required bool InputIsTerminal { get; init; }

    /// <summary>Standard output is a terminal.</summary>
    public required bool OutputIsTerminal { get; init; }

    /// <summary>Standard error is a terminal: progress may be shown there.</summary>
    public required bool ErrorIsTerminal { get; init; }

    /// <summary>The value of TERM; empty when it is not set.</summary>
    public required string Kind { get; init; }

    /// <summary>False when NO_COLOR is set.</summary>
    public required bool Color { get; init; }

    public required GlyphSet Glyphs { get; init; }

    /// <summary>Columns for tables; unlimited when the output is not a terminal.</summary>
    public required int Width { get; init; }

    /// <summary>Reads the environment of this process.</summary>
    public static TerminalTraits Detect()
    {
        var output = !Console.IsOutputRedirected;
        return new TerminalTraits
        {
            InputIsTerminal = !Console.IsInputRedirected,
            OutputIsTerminal = output,
            ErrorIsTerminal = !Console.IsErrorRedirected,
            Kind = Environment.GetEnvironmentVariable("TERM") ?? "",
            Color = string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR")),
            Glyphs = IsUtf8(Environment.GetEnvironmentVariable) ? GlyphSet.Unicode : GlyphSet.Ascii,
            Width = output ? WidthOf(Console.WindowWidth) : int.MaxValue,
        };
    }

    /// <summary>A serial line says 0: it knows no size.</summary>
    public static int WidthOf(int told) => told <= 0 ? 80 : Math.Max(40, told);

    /// <summary>The character set of the locale, by the precedence of locale(7).</summary>
    public static bool IsUtf8(Func<string, string?> environment)
    {
        var locale = LocaleVariables.Select(environment).FirstOrDefault(value => !string.IsNullOrEmpty(value)) ?? "C";
        return locale.Contains("UTF-8", StringComparison.OrdinalIgnoreCase) || locale.Contains("utf8", StringComparison.OrdinalIgnoreCase);
    }
}
