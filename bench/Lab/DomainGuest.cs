using System.Globalization;

namespace VirtHandover.Bench.Lab;

/// <summary>A guest that libvirt manages.</summary>
internal sealed class DomainGuest(string name, string address) : Guest(name, address)
{
    /// <summary>Memory from a file that is shared and allocated at the start, as on a host where the VM has run for a while.</summary>
    private const string Backing =
        "<memoryBacking><source type='file'/><access mode='shared'/><allocation mode='immediate'/></memoryBacking>";

    /// <summary>Starts a guest with a card, a disk, a screen, a serial console and an agent, and returns when it answers.</summary>
    public static async Task<DomainGuest> Start(string name, int memory, int vcpus, int area)
    {
        try
        {
            // The option --ram private leaves the backing to us.
            var address = await Shell.Run(
                "vm",
                [name, "--ram", "private", "--element", Backing, "--memory", Text(memory), "--vcpus", Text(vcpus), "--mem", "16", "--area", Text(area), "--no-wait"],
                TimeSpan.FromMinutes(5));
            var guest = new DomainGuest(name, address.Trim());
            await guest.Boot();
            return guest;
        }
        catch
        {
            // Its memory is needed for the next.
            await new DomainGuest(name, "").Remove();
            throw;
        }
    }

    /// <summary>Starts a small guest that does next to nothing, and does not wait for it.</summary>
    public static async Task<DomainGuest> StartSmall(string name, int memory) => new(name, (await Shell.Run(
        "vm", name, "--ram", "shared", "--memory", Text(memory), "--mem", "8", "--rate", "1", "--disk-interval", "0", "--tick", "50", "--no-stream", "--no-wait")).Trim());

    public Task Virsh(params string[] arguments) => Shell.Run("virsh", ["-q", arguments[0], Name, .. arguments[1..]], TimeSpan.FromMinutes(5));

    public async Task<string> State() => (await Shell.Run("virsh", "-q", "domstate", Name)).Trim();

    /// <summary>Ends it for good, whatever state it is in, with all that libvirt keeps of it.</summary>
    public async Task Remove()
    {
        await Shell.TryRun("virsh", ["destroy", Name]);
        await Shell.TryRun("virsh", ["managedsave-remove", Name]);
        await Shell.TryRun("virsh", ["undefine", Name]);
        File.Delete($"/var/lib/libvirt/images/{Name}.qcow2");
        if (Address.Length == 0)
            return;
        // The lab's script counts an address as taken for as long as this is there.
        var taken = "/run/lab/addresses/" + Address.Split('.')[^1];
        if (Directory.Exists(taken))
            Directory.Delete(taken);
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
