using System.Text.Json;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>VMs that their QEMU's command line describes in ways that the new QEMU does not take word for word.</summary>
public sealed class CommandLineTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task A_VM_without_HPET_goes_along_and_again_in_the_new_words()
    {
        Guest guest = await Guest.Start("c-hpet", [.. Small, "--element", "<clock offset='utc'><timer name='hpet' present='no'/></clock>"]);
        Assert.Contains("-no-hpet", await Words(guest));
        await AssertMoves(guest);
        string[] after = await Words(guest);
        Assert.DoesNotContain("-no-hpet", after);
        Assert.Contains(after, word => word.Contains(",hpet=off", StringComparison.Ordinal));
        await AssertMoves(guest);
    }

    [Fact(Timeout = 300000)]
    public async Task A_VM_without_ACPI_goes_along()
    {
        // Nobody waits for it: without ACPI the lab's kernel may find no devices. That it moves is what is asked.
        Guest guest = await EditedGuest.Boot(
            "c-acpi", xml => xml.Replace("<features><acpi/>", "<features>", StringComparison.Ordinal), [.. Small, "--no-net"]);
        Assert.Contains("-no-acpi", await Words(guest));
        await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await Run(guest, 0)).GetProperty("outcome").GetString());
        Assert.Equal((host.NewVersion, "running"), (await guest.RunningVersion(), await Virsh.State(guest.Name)));
        Assert.Contains(await Words(guest), word => word.Contains(",acpi=off", StringComparison.Ordinal));
    }

    [Fact(Timeout = 300000)]
    public async Task Plugged_vCPUs_go_along()
    {
        Guest guest = await EditedGuest.Start(
            "c-cpus",
            xml => xml.Replace("<vcpu>4</vcpu>", """
                <vcpu placement='static' current='2'>4</vcpu>
                <vcpus>
                  <vcpu id='0' enabled='yes' hotpluggable='no' order='1'/>
                  <vcpu id='1' enabled='yes' hotpluggable='yes' order='2'/>
                  <vcpu id='2' enabled='no' hotpluggable='yes'/>
                  <vcpu id='3' enabled='no' hotpluggable='yes'/>
                </vcpus>
                """, StringComparison.Ordinal),
            [.. Small, "--vcpus", "4"]);
        // One by libvirt before the first instruction, one while the guest ran.
        await Virsh.Run("setvcpu", guest.Name, "3", "--enable", "--live");
        string before = await Cpus(guest);
        Assert.Contains("\"vcpu1\"", await Virsh.Monitor(guest.Name, """{"execute":"qom-list","arguments":{"path":"/machine/peripheral"}}"""), StringComparison.Ordinal);
        await AssertMoves(guest);
        Assert.Equal(before, await Cpus(guest));
        Assert.Equal("3", (await Virsh.Xml(guest.Name)).Element("vcpu")!.Attribute("current")!.Value);
        await Virsh.Run("setvcpu", guest.Name, "2", "--enable", "--live");
        await AssertMoves(guest);
    }

    [Fact(Timeout = 300000)]
    public async Task An_emulator_may_be_a_script_that_starts_it()
    {
        const string Script = "/usr/local/bin/lab-kvm";
        await File.WriteAllTextAsync(Script, "#!/bin/sh\nexec /usr/libexec/qemu-kvm \"$@\"\n");
        await Shell.Run("chmod", "755", Script);
        Guest guest = await Guest.Start("c-script", [.. Small, "--emulator", Script]);
        // What is known of the script must not be taken for what it starts after the upgrade.
        await Rehearse(guest);
        await AssertMoves(guest);
        Assert.Equal(Script, (await Virsh.Xml(guest.Name)).Element("devices")!.Element("emulator")!.Value);
    }

    [Fact(Timeout = 300000)]
    public async Task A_new_QEMU_that_dies_at_its_start_is_quoted()
    {
        Guest guest = await EditedGuest.Start(
            "c-words", xml => xml.Replace("<kernel>/var/lab/vmlinux<", "<kernel>/var/tmp/c-kernel<", StringComparison.Ordinal), Copy("/var/lab/vmlinux", "/var/tmp/c-kernel"));
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        File.Delete("/var/tmp/c-kernel");
        JsonElement report = await Run(guest, 1);
        Assert.Contains("c-kernel", report.GetProperty("sentence").GetString(), StringComparison.Ordinal);
        Assert.Equal(pid, await guest.Pid());
        await guest.AssertLives(before);

        static string[] Copy(string from, string to)
        {
            File.Copy(from, to, overwrite: true);
            return Small;
        }
    }

    private async Task AssertMoves(Guest guest)
    {
        GuestStatus before = await guest.Status();
        int pid = await guest.Pid();
        if (await LabHost.Installed() == host.OldVersion)
            await LabHost.Dnf("upgrade", "qemu-kvm");
        Assert.Equal("done", (await Run(guest, 0)).GetProperty("outcome").GetString());
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        Assert.NotEqual(pid, await guest.Pid());
        await guest.AssertLives(before);
    }

    private static Task<JsonElement> Rehearse(Guest guest) => Run(guest, 0, "--dry-run");

    private static async Task<string[]> Words(Guest guest) =>
        (await File.ReadAllTextAsync($"/proc/{await guest.Pid()}/cmdline")).Split('\0');

    /// <summary>Index, place and QOM path of each vCPU.</summary>
    private static async Task<string> Cpus(Guest guest)
    {
        using var reply = JsonDocument.Parse(await Virsh.Monitor(guest.Name, """{"execute":"query-cpus-fast"}"""));
        return string.Join('\n', reply.RootElement.GetProperty("return").EnumerateArray().Select(
            cpu => $"{cpu.GetProperty("cpu-index")} {cpu.GetProperty("props")} {cpu.GetProperty("qom-path")}"));
    }

    private static async Task<JsonElement> Run(Guest guest, int exitCode, params string[] options)
    {
        ShellResult result = await Shell.TryRun("virt-handover", ["run", guest.Name, "--json", .. options]);
        Assert.True(result.ExitCode == exitCode, $"'virt-handover run {guest.Name}' ended with {result.ExitCode}:\n{result.Output}{result.Error}");
        using var json = JsonDocument.Parse(result.Output);
        return json.RootElement.GetProperty("report").Clone();
    }
}
