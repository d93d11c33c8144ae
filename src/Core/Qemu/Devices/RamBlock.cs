using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>A block of memory that QEMU migrates (HMP <c>info ramblock</c>), sizes in bytes.</summary>
/// <param name="Name">For example <c>pc.ram</c>, <c>0000:00:02.0/vga.vram</c>.</param>
/// <param name="Total">The most it can be; both sides must agree.</param>
internal sealed record RamBlock(string Name, long Total)
{
    /// <summary>Reads the table. Lines of another form are passed over: newer QEMUs add columns behind these.</summary>
    internal static IReadOnlyList<RamBlock> Parse(string table)
    {
        var blocks = new List<RamBlock>();
        foreach (var line in table.Split('\n').Skip(1))
        {
            // "   0000:00:02.0/vga.vram    4 KiB  0x… 0x… 0x…": a name may hold spaces, so count from the first number on.
            var words = line.Split([' ', '\r', '\t'], StringSplitOptions.RemoveEmptyEntries);
            var first = Array.FindIndex(words, word => Hex(word) is not null);
            if (first >= 3 && words.Length >= first + 3 && Hex(words[first + 1]) is not null && Hex(words[first + 2]) is { } total)
                blocks.Add(new RamBlock(string.Join(' ', words[..(first - 2)]), total));
        }

        return blocks;
    }

    private static long? Hex(string word) =>
        word.StartsWith("0x", StringComparison.Ordinal) && long.TryParse(word.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var value)
            ? value
            : null;
}
