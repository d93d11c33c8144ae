using System.Globalization;
using Serilog.Events;
using Serilog.Parsing;
using VirtHandover.Foreign;

namespace VirtHandover.Service.Logging;

/// <summary>
/// A line of the log as text. A guest's owner chooses its name, and a QEMU what it answers: nothing of it can break a line, act on a terminal or pretend to
/// be another priority, and none of it is endless.
/// </summary>
internal static class LogLine
{
    /// <summary>Of a message: it may quote what a QEMU said.</summary>
    private const int MostCharacters = 16 * 1024;

    /// <summary>Of a field: a name, a number, a word.</summary>
    private const int MostFieldCharacters = 4096;

    /// <summary>The message, and behind it the exception if there is one.</summary>
    internal static string Text(LogEvent logEvent)
    {
        using var text = new StringWriter(CultureInfo.InvariantCulture);
        foreach (var token in logEvent.MessageTemplate.Tokens)
        {
            // Serilog would put texts in quotation marks.
            if (token is PropertyToken { PropertyName: var name } && logEvent.Properties.GetValueOrDefault(name) is ScalarValue { Value: string word })
                text.Write(word);
            else
                token.Render(logEvent.Properties, text, CultureInfo.InvariantCulture);
        }

        if (logEvent.Exception is { } exception)
            text.Write(": " + exception);
        return Bounded(text.ToString(), MostCharacters);
    }

    /// <summary>A property's values: one as a rule, several of a list, none when the line has no such property.</summary>
    internal static IEnumerable<string> Values(LogEvent logEvent, string property) => logEvent.Properties.GetValueOrDefault(property) switch
    {
        null => [],
        SequenceValue several => several.Elements.Select(Word),
        var one => [Word(one)],
    };

    /// <summary>The priority as in syslog(3). Levels go by who acts: error, something that was asked for did not happen; warning, abnormal but nothing is lost;
    /// information, what an operator wants to know; debug, developers.</summary>
    internal static int Priority(LogEventLevel level) => level switch
    {
        LogEventLevel.Fatal => 2,
        LogEventLevel.Error => 3,
        LogEventLevel.Warning => 4,
        LogEventLevel.Information => 6,
        _ => 7,
    };

    private static string Word(LogEventPropertyValue value) =>
        Bounded(value is ScalarValue { Value: { } word } ? Convert.ToString(word, CultureInfo.InvariantCulture) ?? "" : "", MostFieldCharacters);

    private static string Bounded(string text, int most) => ForeignText.Escape(text.Length <= most ? text : text[..most] + "…");
}
