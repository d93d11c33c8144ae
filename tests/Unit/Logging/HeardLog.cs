using System.Collections.Concurrent;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Logging;
using VirtHandover.Service.Logging;

namespace VirtHandover.Tests.Unit.Logging;

/// <summary>A log that keeps what is said to it.</summary>
internal sealed class HeardLog : ILogEventSink
{
    private readonly ConcurrentQueue<LogEvent> _events = new();

    public HeardLog() => Log = ServiceLog.Create(this, LogEventLevel.Debug);

    public ILogger Log { get; }

    /// <summary>The lines that have been said since the last call.</summary>
    public IReadOnlyList<Line> Take()
    {
        var lines = new List<Line>();
        while (_events.TryDequeue(out var one))
            lines.Add(new Line(one));
        return lines;
    }

    public void Emit(LogEvent logEvent) => _events.Enqueue(logEvent);

    internal sealed record Line(LogEvent Event)
    {
        public string Text => LogLine.Text(Event);

        public LogEventLevel Level => Event.Level;

        /// <summary>The kind's name; none when it has none.</summary>
        public string? Kind => Values(LogField.Kind) is [var id] ? MessageKind.All.Single(kind => kind.Id == id).Name : null;

        public IReadOnlyList<string> Values(LogField field) => [.. LogLine.Values(Event, field.Property)];
    }
}
