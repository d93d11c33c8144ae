using Microsoft.Extensions.Logging;
using VirtHandover.Foreign;

namespace VirtHandover.Service;

/// <summary>
/// One line a message on stderr, with the priority that the journal reads. Levels go by who acts: error, something that was
/// asked for did not happen; warning, abnormal but nothing is lost; information, what an operator wants to know; debug, developers.
/// </summary>
internal sealed class JournalLogger(TextWriter output, LogLevel least) : ILogger
{
    /// <summary>Of a message: it may quote what a QEMU said.</summary>
    private const int MostCharacters = 16 * 1024;

    private readonly Lock _lock = new();

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= least && logLevel != LogLevel.None;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel))
        {
            return;
        }

        var text = formatter(state, exception);
        if (exception is not null)
        {
            text += ": " + exception;
        }

        // A guest's owner chooses its name: no line breaks, no terminal escapes, no forged priority.
        var line = $"<{Priority(logLevel)}>{ForeignText.Escape(text.Length <= MostCharacters ? text : text[..MostCharacters] + "…")}";
        lock (_lock)
        {
            output.WriteLine(line);
            output.Flush();
        }
    }

    private static int Priority(LogLevel level) => level switch
    {
        LogLevel.Critical => 2,
        LogLevel.Error => 3,
        LogLevel.Warning => 4,
        LogLevel.Information => 6,
        _ => 7,
    };
}
