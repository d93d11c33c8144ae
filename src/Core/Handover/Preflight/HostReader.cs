using System.Globalization;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Preflight;

/// <summary>Reads what the preflight asks of the host.</summary>
internal static class HostReader
{
    /// <summary>Reads it.</summary>
    /// <exception cref="LibvirtException">libvirt's settings cannot be read.</exception>
    internal static HostFacts Read(LibvirtPaths paths, Cgroups groups)
    {
        var conf = QemuConf.Read(paths);
        return new HostFacts(Available(), groups.MemoryLeft, conf.LockManager, conf.Hooks);
    }

    private static long Available()
    {
        foreach (var line in File.ReadLines("/proc/meminfo"))
        {
            if (line.StartsWith("MemAvailable:", StringComparison.Ordinal))
                return long.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture) * 1024;
        }

        return 0;
    }
}
