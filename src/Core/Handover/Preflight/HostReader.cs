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
        return new HostFacts(HostMemory.AvailableBytes, groups.MemoryLeft, conf.LockManager, conf.Hooks);
    }
}
