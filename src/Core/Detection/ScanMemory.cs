using System.Collections.Concurrent;
using VirtHandover.Contract;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>What one scan found out about emulators on disk, failures included: a file that hangs is run once a scan, not once a domain.</summary>
internal sealed class ScanMemory
{
    // A look that hangs may still come back, in a thread of its own.
    public ConcurrentDictionary<(string Path, FileIdentity File), (QemuBuild? Build, string Problem)> Installed { get; } = [];
}
