using System.Text.Json;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>Handovers of machines of other shapes than the lab's plain guest: firmware, controllers, bridges, many disks.</summary>
public sealed class MachineShapeTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Images = "/var/lib/libvirt/images";

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=8s\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [Variant("sata-pc", "pc", "sda:sata,sdb:sata")]
    [InlineData("sata-q35", "q35", "sda:sata")]
    [InlineData("usb", "pc", "sda:usb")]
    [Variant("usb-q35", "q35", "sda:usb")]
    public async Task A_disk_on_another_bus_is_carried(string name, string machine, string disks) =>
        await AssertCarried(await Guest.Start("m-" + name, ["--ram", "shared", "--machine", machine, "--mem", "16", "--memory", "128", .. await Disks(name, disks)]));

    [Fact(Timeout = 300000)]
    public async Task A_disk_on_an_LSI_controller_is_carried() => await AssertCarried(await Guest.Start(
        "m-lsi",
        ["--ram", "shared", "--mem", "16", "--memory", "128", "--device", "<controller type='scsi' index='0' model='lsilogic'/>", .. await Disks("lsi", "sda:scsi")]));

    // A pxb brings a bridge of its own, and both have one id.
    [Theory(Timeout = 300000)]
    [InlineData("pxb", "pc", "pci-root", "pci-expander-bus")]
    [Variant("pxb-pcie", "q35", "pcie-root", "pcie-expander-bus")]
    public async Task An_expander_bus_is_carried(string name, string machine, string root, string model) => await AssertCarried(await Guest.Start(
        "m-" + name, "--ram", "shared", "--machine", machine, "--mem", "16", "--memory", "128", "--device",
        $"<controller type='pci' index='0' model='{root}'/><controller type='pci' index='1' model='{model}'/>"));

    // Its monitor's replies have more than 64 KiB.
    [Fact(Timeout = 300000)]
    public async Task A_VM_with_25_disks_is_carried()
    {
        string disks = string.Join(',', Enumerable.Range(0, 24).Select(i => $"vd{(char)('b' + i)}:virtio"));
        await AssertCarried(await Guest.Start("m-many", ["--ram", "shared", "--mem", "16", "--memory", "192", .. await Disks("many", disks)]));
    }

    // OVMF sets up the bridges that SeaBIOS leaves to the kernel.
    [Fact(Timeout = 300000)]
    public async Task A_q35_with_OVMF_is_carried()
    {
        const string Name = "m-ovmf";
        string address = (await Shell.Run("vm", Name, "--define-only", "--ram", "shared", "--machine", "q35", "--mem", "16", "--memory", "256", "--ip", "10.77.0.200")).Trim();
        string definition = (await Shell.Run("virsh", "dumpxml", "--inactive", Name)).Replace(
            "</type>",
            "</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader><nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>",
            StringComparison.Ordinal).Replace("/var/lab/vmlinux<", "/var/lab/vmlinuz<", StringComparison.Ordinal);
        string file = $"/run/lab/{Name}.xml";
        await File.WriteAllTextAsync(file, definition);
        await Virsh.Run("define", file);
        await Virsh.Run("start", Name);
        var guest = new Guest(Name, "10.77.0.200");
        Assert.Equal("", address);
        await Shell.Run("probe", "status", guest.Address, "120");
        try
        {
            // A copy of its variables under their name is another file than the one that it has open.
            string nvram = (await Virsh.Xml(Name)).Descendants("nvram").Single().Value.Trim();
            await Shell.Run("mv", nvram, nvram + ".away");
            await Shell.Run("cp", "--archive", nvram + ".away", nvram);
            JsonElement refused = await RunVerb.Report(Name);
            Assert.Equal("refused", refused.GetProperty("outcome").GetString());
            Assert.Contains("FILE_OTHER", refused.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
            await Shell.Run("mv", nvram + ".away", nvram);
            await AssertCarried(guest);
        }
        finally
        {
            await Shell.TryRun("virsh", "destroy", Name);
            await Shell.TryRun("virsh", "undefine", "--nvram", Name);
        }
    }

    private static async Task<string[]> Disks(string name, string list)
    {
        var options = new List<string>();
        foreach (string[] disk in list.Split(',').Select(item => item.Split(':')))
        {
            string image = $"{Images}/{name}-{disk[0]}.qcow2";
            await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "8M");
            options.AddRange("--device", $"<disk type='file' device='disk'><driver name='qemu' type='qcow2'/><source file='{image}'/><target dev='{disk[0]}' bus='{disk[1]}'/></disk>");
        }

        return [.. options];
    }

    private async Task AssertCarried(Guest guest)
    {
        GuestStatus before = await guest.Status();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        JsonElement report = await RunVerb.Report(guest.Name, 0);
        Assert.Equal("done", report.GetProperty("outcome").GetString());
        Assert.DoesNotContain("VQ_UNKNOWN", report.GetProperty("findings").GetRawText(), StringComparison.Ordinal);
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        GuestStatus after = await guest.AssertLives(before);
        await Virsh.Run("suspend", guest.Name);
        await Virsh.Run("resume", guest.Name);
        await guest.AssertLives(after);
    }
}
