using System.Globalization;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Qemu;

/// <summary>
/// Finds firmware and option ROMs that are longer in the target than in the source, without asking the source: a package may have replaced their files since
/// the VM started, which a second start of the old program does not show. QEMU maps each block of memory with an inaccessible page behind it
/// (util/mmap-alloc.c), so the source's maps have one such place of exactly that size for each block. Pure.
/// </summary>
internal static class RomCheck
{
    private const ulong Arena = 64UL << 20;

    // QEMU_VMALLOC_ALIGN; stacks of threads and coroutines are not on such a boundary.
    private const ulong Alignment = 2UL << 20;

    /// <summary>What QEMU would refuse while loading.</summary>
    /// <param name="source">The source's maps.</param>
    /// <param name="twin">The target.</param>
    /// <returns>Nothing as well where the maps of this QEMU or kernel are of another kind, so that nothing can be said.</returns>
    internal static IReadOnlyList<Difference> Find(IReadOnlyList<ProcessMapping> source, TwinSnapshot twin)
    {
        var memory = twin.Common.Memory.Select(m => m.Id).ToHashSet(StringComparer.Ordinal);
        var places = Places(source);
        var sizes = twin.RamBlocks.Where(block => !memory.Contains(block.Name.Split('/')[^1])).GroupBy(block => (ulong)block.Total)
            .Select(group => (Bytes: group.Key, Blocks: group.ToList(), Missing: group.Count() - places.GetValueOrDefault(group.Key))).ToList();

        // The others are made by the machine, not read from files: if not even they are found, it is the method that fails.
        return sizes.Any(size => size.Missing > 0 && !size.Blocks.Any(IsRom))
            ? []
            : [.. sizes.Where(size => size.Missing > 0).Select(size => new Difference(
                "ROM_SIZE",
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"The new QEMU has {size.Blocks.Count} memory blocks of {size.Bytes} bytes ({string.Join(", ", size.Blocks.Select(block => $"'{block.Name}'"))}), the running one {size.Blocks.Count - size.Missing}.")))];
    }

    /// <summary>Whether a block is filled from a file: firmware or an option ROM.</summary>
    internal static bool IsRom(RamBlock block) => block.Name.EndsWith(".rom", StringComparison.Ordinal) || block.Name.EndsWith(".bios", StringComparison.Ordinal)
        || block.Name.Contains("flash", StringComparison.Ordinal);

    // glibc's arenas for threads: 64 MiB on a boundary of 64 MiB, of which the first part is in use.
    private static bool IsHeap(ProcessMapping used, ProcessMapping rest) => used.Start % Arena == 0 && rest.End % Arena == 0;

    private static Dictionary<ulong, int> Places(IReadOnlyList<ProcessMapping> source)
    {
        var places = new Dictionary<ulong, int>();
        for (var i = 0; i + 1 < source.Count; i++)
        {
            var (block, guard) = (source[i], source[i + 1]);
            if (block is { Permissions: "rw-p", Inode: 0 } && block.Start % Alignment == 0
                && guard.Permissions == "---p" && guard.Start == block.End && !IsHeap(block, guard))
                places[block.Length] = places.GetValueOrDefault(block.Length) + 1;
        }

        return places;
    }
}
