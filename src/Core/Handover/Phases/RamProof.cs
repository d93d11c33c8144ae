using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The proof that source and target map the same memory. Without it a wrong plan ends in a migration that QEMU calls
/// completed, with the guest's memory all zero.
/// </summary>
internal static class RamProof
{
    /// <summary>Ends the handover unless both processes map this file, shared, writable and as long as the memory.</summary>
    /// <param name="source">The source.</param>
    /// <param name="target">The target.</param>
    /// <param name="inode">The inode of the file that was given to the target.</param>
    /// <param name="bytes">The size of the memory.</param>
    /// <param name="backend">Its id, for the sentence.</param>
    /// <exception cref="RefusedException">They do not.</exception>
    internal static void Require(int source, int target, ulong inode, ulong bytes, string backend)
    {
        // The device is compared between the two, never with stat(2): on btrfs and overlayfs that shows another one.
        var shared = Mapped(source, inode, bytes).Intersect(Mapped(target, inode, bytes)).Any();
        if (shared)
            return;
        throw new RefusedException(
        [
            new Finding("RAM_INODE", FindingSeverity.Blocker, string.Create(
                CultureInfo.InvariantCulture,
                $"The new QEMU does not map the memory '{backend}' of the running one (inode {inode}, {bytes} bytes), so a handover without copying would lose the guest's memory.")),
        ]);
    }

    private static HashSet<DeviceNumber> Mapped(int process, ulong inode, ulong bytes) =>
        [.. ProcessMaps.Read(ProcRoot.Host, process)
            .Where(mapping => mapping.Inode == inode && mapping.IsShared && mapping.Permissions.StartsWith("rw", StringComparison.Ordinal))
            .GroupBy(mapping => mapping.Device)
            // NUMA policies and madvise split one mapping into neighbours.
            .Where(group => group.Aggregate(0UL, (sum, mapping) => sum + mapping.Length) >= bytes)
            .Select(group => group.Key)];
}
