using System.Globalization;
using System.Net.Sockets;
using System.Text;
using Serilog.Core;
using Serilog.Events;

namespace VirtHandover.Service.Logging;

/// <summary>One line a message, as a console or a container's log shows it, and as the journal reads it from standard error.</summary>
/// <param name="output">Where to; each line is one write, because other processes of the service have the same standard error.</param>
/// <param name="hasPriority">Whether the line begins with the priority that the journal reads; a person at a terminal need not.</param>
/// <param name="hasRoom">Whether a line can be written without waiting; always, when it is left out.</param>
internal sealed class LineSink(Stream output, bool hasPriority, Func<bool>? hasRoom = null) : ILogEventSink, IDisposable
{
    private readonly Lock _lock = new();
    private int _lost;

    /// <inheritdoc/>
    public void Emit(LogEvent logEvent)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        var text = LogLine.Text(logEvent);
        lock (_lock)
        {
            try
            {
                if (hasRoom?.Invoke() == false)
                {
                    _lost++;
                    return;
                }

                if (_lost > 0)
                {
                    var lost = string.Create(CultureInfo.InvariantCulture, $"{_lost} lines of virt-handoverd's log were lost: nobody took them.");
                    Write(LogEventLevel.Warning, lost);
                }

                _lost = 0;
                Write(logEvent.Level, text);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                // Nobody reads any more. No handover stops for its log.
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => output.Dispose();

    private void Write(LogEventLevel level, string text)
    {
        output.Write(Encoding.UTF8.GetBytes(hasPriority ? string.Create(CultureInfo.InvariantCulture, $"<{LogLine.Priority(level)}>{text}\n") : text + "\n"));
        output.Flush();
    }
}
