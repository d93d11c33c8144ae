using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using Serilog.Events;
using VirtHandover.Logging;

namespace VirtHandover.Service.Logging;

/// <summary>
/// One entry for systemd's journal in its own protocol (systemd.io, "Native Journal Protocol"): <c>NAME=value</c> lines, and of a value with line breaks its
/// length in front of it. Whatever a value is, it cannot end its field.
/// </summary>
internal sealed class JournalDatagram
{
    private readonly ArrayBufferWriter<byte> _bytes = new(512);

    /// <summary>What has been put into it.</summary>
    internal ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>A line of the log.</summary>
    internal static JournalDatagram Of(LogEvent logEvent)
    {
        var datagram = new JournalDatagram();
        datagram.Add("PRIORITY", LogLine.Priority(logEvent.Level).ToString(CultureInfo.InvariantCulture));
        datagram.Add("SYSLOG_IDENTIFIER", "virt-handoverd");
        datagram.Add("MESSAGE", LogLine.Text(logEvent));
        foreach (var field in LogField.All)
        {
            foreach (var value in LogLine.Values(logEvent, field.Property).Where(value => value.Length > 0))
                datagram.Add(field.Name, value);
        }

        return datagram;
    }

    /// <summary>Adds a field.</summary>
    /// <param name="name">Upper-case letters, digits and underscores.</param>
    /// <param name="value">Any text.</param>
    internal void Add(string name, string value)
    {
        var text = Encoding.UTF8.GetBytes(value);
        _bytes.Write(Encoding.ASCII.GetBytes(name));
        if (text.AsSpan().Contains((byte)'\n'))
        {
            _bytes.Write("\n"u8);
            BinaryPrimitives.WriteUInt64LittleEndian(_bytes.GetSpan(sizeof(ulong)), (ulong)text.Length);
            _bytes.Advance(sizeof(ulong));
        }
        else
        {
            _bytes.Write("="u8);
        }

        _bytes.Write(text);
        _bytes.Write("\n"u8);
    }
}
