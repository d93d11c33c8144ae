using VirtHandover.Linux.Proc;
using VirtHandover.Qemu;

namespace VirtHandover.Detection;

/// <summary>What one scan found out about emulators on disk, failures included: a file that hangs is run once a scan, not once a domain.</summary>
internal sealed class ScanMemory
{
    public Dictionary<(string Path, FileIdentity File), (QemuBuild? Build, string Problem)> Installed { get; } = [];
}
