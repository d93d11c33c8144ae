using VirtHandover.Detection;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Canary;

/// <summary>Names the libvirt that a handover would start: the daemon and its QEMU driver as they are on disk now.</summary>
internal static class LibvirtBuild
{
    /// <summary>Reads it.</summary>
    /// <param name="paths">Where libvirt's files are.</param>
    /// <returns>The builds of both files; null when no daemon runs or a file cannot be read.</returns>
    internal static async Task<string?> ReadAsync(LibvirtPaths paths)
    {
        if (await LibvirtDaemon.FindAsync(paths).ConfigureAwait(false) is not { } daemon)
            return null;
        try
        {
            var pid = daemon.Process.ProcessId;
            var program = InstalledProgram.WithoutMark(ProcFile.ReadLink(ProcRoot.Host.File(pid, "exe")));
            var driver = ProcessMaps.Read(ProcRoot.Host, pid).FirstOrDefault(
                mapping => Path.GetFileName(mapping.Path) == "libvirt_driver_qemu.so").Path;
            var builds = new FileBuilds();
            return builds.Of(program) is { } first && driver is not null && builds.Of(driver) is { } second ? $"{first}+{second}" : null;
        }
        catch (ProcException)
        {
            return null;
        }
    }
}
