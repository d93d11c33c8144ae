using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>A running domain's process and configured emulator.</summary>
/// <param name="Process">Its QEMU.</param>
/// <param name="Emulator">The emulator's path in its XML; empty when the XML could not be read.</param>
internal sealed record LocatedDomain(ProcessIdentity Process, string Emulator);
