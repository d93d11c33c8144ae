using System.Buffers.Binary;
using VirtHandover.Foreign;

namespace VirtHandover.Detection;

/// <summary>Finds the GNU build-id of an ELF file, see elf(5): the linker's fingerprint of what was linked.</summary>
internal static class ElfBuildId
{
    private const uint PT_NOTE = 4;
    private const uint NT_GNU_BUILD_ID = 3;

    /// <summary>Reads the build-id.</summary>
    /// <param name="file">The file, seekable.</param>
    /// <returns>Lower-case hex; null when the file is no ELF file or carries none.</returns>
    /// <exception cref="IOException">Reading failed. Garbage is not an error.</exception>
    public static string? Read(Stream file)
    {
        Span<byte> header = stackalloc byte[64];
        if (ReadAt(file, 0, header) < 52 || !header.StartsWith("\u007fELF"u8))
        {
            return null;
        }

        bool wide = header[4] == 2;
        bool little = header[5] == 1;
        if ((!wide && header[4] != 1) || (!little && header[5] != 2))
        {
            return null;
        }

        ulong table = wide ? U64(header[32..], little) : U32(header[28..], little);
        int entrySize = U16(header[(wide ? 54 : 42)..], little);
        int entries = U16(header[(wide ? 56 : 44)..], little);
        if (entrySize < (wide ? 56 : 32) || entrySize > 4096)
        {
            return null;
        }

        // A file may lie about itself.
        int room = ForeignBounds.ElfNoteBytes;
        Span<byte> entry = stackalloc byte[56];
        for (int i = 0; i < Math.Min(entries, ForeignBounds.ElfHeaders) && room > 0; i++)
        {
            entry.Clear();
            if (ReadAt(file, table + ((ulong)i * (ulong)entrySize), entry[..(wide ? 56 : 32)]) < (wide ? 56 : 32))
            {
                return null;
            }

            if (U32(entry, little) != PT_NOTE)
            {
                continue;
            }

            ulong offset = wide ? U64(entry[8..], little) : U32(entry[4..], little);
            ulong size = wide ? U64(entry[32..], little) : U32(entry[16..], little);
            ulong alignment = wide ? U64(entry[48..], little) : U32(entry[28..], little);
            byte[] notes = new byte[Math.Min(size, (ulong)room)];
            int read = ReadAt(file, offset, notes);
            room -= read;
            if (FindInNotes(notes.AsSpan(0, read), alignment == 8 ? 8 : 4, little) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static string? FindInNotes(ReadOnlySpan<byte> notes, int alignment, bool little)
    {
        while (notes.Length >= 12)
        {
            uint nameSize = U32(notes, little);
            uint contentSize = U32(notes[4..], little);
            uint type = U32(notes[8..], little);
            // In 64 bits nothing overflows, whatever the file says.
            ulong content = Align(12UL + nameSize, alignment);
            ulong next = Align(content + contentSize, alignment);
            if (content + contentSize > (ulong)notes.Length)
            {
                return null;
            }

            if (type == NT_GNU_BUILD_ID
                && nameSize == 4
                && notes.Slice(12, 4).SequenceEqual("GNU\0"u8)
                && contentSize is > 0 and <= 64)
            {
                return Convert.ToHexStringLower(notes.Slice((int)content, (int)contentSize));
            }

            notes = next >= (ulong)notes.Length ? default : notes[(int)next..];
        }

        return null;
    }

    private static int ReadAt(Stream file, ulong offset, Span<byte> buffer)
    {
        if (offset > (ulong)file.Length)
        {
            return 0;
        }

        file.Position = (long)offset;
        return file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false);
    }

    private static ulong Align(ulong value, int alignment) => (value + (ulong)alignment - 1) & ~((ulong)alignment - 1);

    private static ushort U16(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt16LittleEndian(bytes) : BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static uint U32(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt32LittleEndian(bytes) : BinaryPrimitives.ReadUInt32BigEndian(bytes);

    private static ulong U64(ReadOnlySpan<byte> bytes, bool little) =>
        little ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);
}
