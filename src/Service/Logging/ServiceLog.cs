using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;
using Serilog;
using Serilog.Core;
using Serilog.Events;
using VirtHandover.Foreign;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Service.Logging;

/// <summary>The log of each role of this program: systemd's journal where standard error leads there, otherwise lines on standard error.</summary>
internal static class ServiceLog
{
    private const int StandardError = 2;

    /// <summary>Makes the log.</summary>
    /// <param name="environment">The environment.</param>
    /// <returns>To be disposed of at the end.</returns>
    internal static Logger Create(Func<string, string?> environment)
    {
        using var errors = new SafeFileHandle(StandardError, ownsHandle: false);
        return Create(
            SinkOf(errors, environment(JournalStream.Variable)),
            environment("VIRT_HANDOVER_DEBUG") is "1" ? LogEventLevel.Debug : LogEventLevel.Information);
    }

    /// <summary>Makes one that writes to a sink.</summary>
    /// <param name="sink">Where to.</param>
    /// <param name="least">The level from which on lines are written.</param>
    internal static Logger Create(ILogEventSink sink, LogEventLevel least) =>
        new LoggerConfiguration().MinimumLevel.Is(least).WriteTo.Sink(sink).CreateLogger();

    private static ILogEventSink SinkOf(SafeFileHandle errors, string? journal)
    {
        if (JournalStream.Is(journal, errors))
            return new JournalSink(JournalSink.SocketPath, new LineSink(Said.Errors(), hasPriority: true, StreamRoom()));
        // A role that is started without a standard error has nobody to tell.
        return FileIdentity.Of(errors) is null ? new LineSink(Stream.Null, hasPriority: false) : new LineSink(Said.Errors(), Console.IsErrorRedirected);
    }

    /// <summary>The stream to the journal is a socket, with room for megabytes: when that is full the journal hangs, and nobody waits for it.</summary>
    private static Func<bool>? StreamRoom()
    {
        try
        {
            var stream = new Socket(new SafeSocketHandle(StandardError, ownsHandle: false));
            return () => stream.Poll(TimeSpan.Zero, SelectMode.SelectWrite);
        }
        catch (SocketException)
        {
            return null;
        }
    }
}
