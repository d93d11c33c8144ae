using System.Buffers.Binary;
using System.Text;

namespace VirtHandover.Tests.Unit.Service;

/// <summary>Takes an entry of systemd's native journal protocol apart as journald does: by lines, and behind a line without '=' by the length there.</summary>
internal static class JournalEntryReader
{
    private static readonly UTF8Encoding s_strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    public static IReadOnlyList<(string Name, string Value)> Read(ReadOnlySpan<byte> entry)
    {
        var fields = new List<(string, string)>();
        while (!entry.IsEmpty)
        {
            var line = entry[..entry.IndexOf((byte)'\n')];
            entry = entry[(line.Length + 1)..];
            var equals = line.IndexOf((byte)'=');
            var name = equals < 0 ? line : line[..equals];
            var value = line[(equals + 1)..];
            if (equals < 0)
            {
                var length = (int)BinaryPrimitives.ReadUInt64LittleEndian(entry);
                value = entry.Slice(sizeof(ulong), length);
                Assert.Equal((byte)'\n', entry[sizeof(ulong) + length]);
                entry = entry[(sizeof(ulong) + length + 1)..];
            }

            Assert.Matches("^[A-Z][A-Z0-9_]{0,63}$", s_strict.GetString(name));
            fields.Add((s_strict.GetString(name), s_strict.GetString(value)));
        }

        return fields;
    }
}
