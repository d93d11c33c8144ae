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
        // Nobody reads its counters, and at their usual pace an idle guest without KVM takes half a processor from the tests beside it.
        await Shell.Run("vm", [name, "--no-wait", "--no-net", "--mem", "16", "--memory", "128", "--tick", "20", "--rate", "1", .. options]);
        await HostViews.Remember(name);
        return new SmallGuest(name, await Virsh.Uuid(name));
    }
}
