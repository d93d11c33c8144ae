using System.Text.Json;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Handover;

/// <summary>
/// A VM that is started in the moment in which libvirt is stopped. Its daemon does not end before it has started it; were it killed meanwhile, the next
/// one would kill the VM.
/// </summary>
public sealed class StartingTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Slow = "s-slow";
    private const string Emulator = "/usr/local/bin/slow-kvm";
    private static readonly string[] Small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public async Task DisposeAsync()
    {
        await Shell.TryRun("virsh", "destroy", Slow);
        await Shell.TryRun("virsh", "undefine", Slow);
        await Shell.Run("rm", "-f", Emulator);
        await TheService.Reset();
    }

    [Fact(Timeout = 300000)]
    public async Task It_is_waited_for_and_lives()
    {
        // Longer than a daemon is given to end (8 s).
        await Shell.Run(
            "sh",
            "-ec",
            $"printf '#!/bin/sh\\ncase \"$*\" in *guest={Slow}*) sleep 10;; esac\\nexec /usr/libexec/qemu-kvm \"$@\"\\n' > {Emulator}; chmod 755 {Emulator}");
        Guest guest = await Guest.Start("s-other", Small);
        GuestStatus before = await guest.Status();
        await Shell.Run("vm", [Slow, "--define-only", "--emulator", Emulator, .. Small]);
        await LabHost.Dnf("upgrade", "qemu-kvm");

        await using HeldPoint held = await HeldPoint.Set("quiesce.journaled");
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        Task<ShellResult> start = Shell.TryRun("virsh", "start", Slow);
        await Eventually.Until("libvirt is starting it", async () => (await Shell.TryRun("grep", "-q", "async='start'", $"/run/libvirt/qemu/{Slow}.xml")).ExitCode == 0);
        held.LetGo();

        using (var json = JsonDocument.Parse((await run).Output))
            Assert.Contains(json.RootElement.GetProperty("report").GetProperty("outcome").GetString(), (string[])["done", "postponed"]);
        await start;
        await Eventually.Until("libvirt knows it", async () => (await Shell.TryRun("virsh", "domstate", Slow)).Output.Trim() == "running");
        Assert.Single(Processes.Qemus(await Virsh.Uuid(Slow)));
        Assert.Equal("running", await Virsh.State(guest.Name));
        await guest.AssertLives(before);
    }
}
