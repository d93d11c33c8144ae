using System.Buffers.Binary;
using CsCheck;
using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

public class ElfBuildIdTests
{
    [Theory]
    [InlineData(true, true, 4)]
    [InlineData(true, false, 4)]
    [InlineData(false, true, 4)]
    [InlineData(false, false, 4)]
    [InlineData(true, true, 8)]
    public void It_is_found_in_every_kind_of_file(bool wide, bool little, int alignment) =>
        Assert.Equal("0102030405060708", ElfBuildId.Read(new MemoryStream(Elf(wide, little, alignment))));

    [Fact]
    public void A_real_program_has_one()
    {
        using FileStream file = File.OpenRead("/proc/self/exe");
        Assert.Matches("^[0-9a-f]{16,}$", ElfBuildId.Read(file));
    }

    [Theory]
    [InlineData("")]
    [InlineData("#!/bin/sh\n")]
    [InlineData("\u007fELF")]
    public void What_is_no_program_has_none(string content) =>
        Assert.Null(ElfBuildId.Read(new MemoryStream(System.Text.Encoding.Latin1.GetBytes(content))));

    [Fact]
    public void A_cut_file_has_none_or_the_right_one()
    {
        byte[] whole = Elf(wide: true, little: true, alignment: 4);
        for (int length = 0; length < whole.Length; length++)
        {
            Assert.Contains(ElfBuildId.Read(new MemoryStream(whole[..length])), new[] { null, "0102030405060708" });
        }
    }

    [Fact]
    public void Garbage_is_no_error() =>
        Gen.Select(Gen.Bool, Gen.Bool, Gen.Select(Gen.Int[0, 175], Gen.Byte).Array[0, 12]).Sample(
            (wide, little, damage) =>
            {
                byte[] file = Elf(wide, little, alignment: 4);
                foreach ((int at, byte value) in damage)
                {
                    file[at % file.Length] = value;
                }

                string? found = ElfBuildId.Read(new MemoryStream(file));
                return found is null || found.Length <= 128;
            },
            iter: 20000);

    /// <summary>An ELF file with two note segments; the second holds another note and then the build-id.</summary>
    internal static byte[] Elf(bool wide, bool little, int alignment)
    {
        int header = wide ? 64 : 52;
        int entry = wide ? 56 : 32;
        byte[] file = new byte[header + (2 * entry) + 64];
        void Put(int at, ulong value, int size)
        {
            Span<byte> target = file.AsSpan(at, size);
            for (int i = 0; i < size; i++)
            {
                target[little ? i : size - 1 - i] = (byte)(value >> (8 * i));
            }
        }

        "\u007fELF"u8.CopyTo(file);
        file[4] = (byte)(wide ? 2 : 1);
        file[5] = (byte)(little ? 1 : 2);
        Put(wide ? 32 : 28, (ulong)header, wide ? 8 : 4);
        Put(wide ? 54 : 42, (ulong)entry, 2);
        Put(wide ? 56 : 44, 2, 2);
        int notes = header + (2 * entry);
        Put(header, 1, 4); // PT_LOAD
        Put(header + entry, 4, 4); // PT_NOTE
        Put(header + entry + (wide ? 8 : 4), (ulong)notes, wide ? 8 : 4);
        Put(header + entry + (wide ? 32 : 16), 64, wide ? 8 : 4);
        Put(header + entry + (wide ? 48 : 28), (ulong)alignment, wide ? 8 : 4);

        // A note with three bytes of name and five of content, to be padded.
        Put(notes, 3, 4);
        Put(notes + 4, 5, 4);
        Put(notes + 8, 3, 4);
        const int next = 24; // 12 + 3 and 16 + 5, rounded up to 4 or to 8
        Put(notes + next, 4, 4);
        Put(notes + next + 4, 8, 4);
        Put(notes + next + 8, 3, 4);
        "GNU\0"u8.CopyTo(file.AsSpan(notes + next + 12));
        BinaryPrimitives.WriteUInt64BigEndian(file.AsSpan(notes + next + 16), 0x0102030405060708);
        return file;
    }
}
