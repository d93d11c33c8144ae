using VirtHandover.Libvirt;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Libvirt;

/// <summary>A guest that nobody waits for: for tests that look at libvirt and its process, not at what it computes.</summary>
internal sealed record SmallGuest(string Name, Guid Uuid)
{
    /// <summary>Its status file, read now.</summary>
    public StatusFile Status => StatusFile.Read(new LibvirtPaths().StatusFile(Name));

    public static async Task<SmallGuest> Start(string name, params string[] options)
    {
        await Shell.Run("vm", [name, "--no-wait", "--no-net", "--mem", "16", "--memory", "128", .. options]);
        await HostViews.Remember(name);
        return new SmallGuest(name, await Virsh.Uuid(name));
    }
}
