using System.Diagnostics;
using VirtHandover.Bus.Client;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A QEMU that has mapped a file of its own, too large to be read: nobody reads it, and the VM beside it is seen as soon as ever.</summary>
public sealed class EndlessLibraryTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Holes = "/var/lib/libvirt/qemu/holes.bin";

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
    }

    public async Task DisposeAsync()
    {
        await TheService.Reset();
        File.Delete(Holes);
    }

    [Fact(Timeout = 300000)]
    public async Task Four_TiB_of_holes_stop_no_scan()
    {
        SmallGuest honest = await SmallGuest.Start("honest", "--ram", "shared", "--no-disk");
        await LyingGuest.Mapping("liar", Holes, "--ram", "shared");
        Assert.Contains("holes.bin (deleted)", await File.ReadAllTextAsync($"/proc/{await Virsh.Pid("liar")}/maps"), StringComparison.Ordinal);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", honest.Name, domain => domain.State == "pending");

        DomainView liar = await TheService.Until("it is seen, too", "liar", domain => domain.State is "pending" or "blocked");
        Assert.DoesNotContain(liar.OutdatedReasons, reason => reason.Contains("holes", StringComparison.Ordinal));
        var watch = Stopwatch.StartNew();
        await Shell.Run("virt-handover", "rehearse", honest.Name);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(60));
        string service = (await TheService.Pid())!;
        Assert.DoesNotContain("holes.bin", await Shell.Run("ls", "-l", $"/proc/{service}/fd"), StringComparison.Ordinal);
    }

    [Fact(Timeout = 300000)]
    public async Task A_pipe_in_the_place_of_a_library_is_not_waited_for()
    {
        SmallGuest honest = await SmallGuest.Start("honest", "--ram", "shared", "--no-disk");
        await LyingGuest.Mapping("liar", Holes, "--ram", "shared");
        File.Delete(Holes);
        await Shell.Run("mkfifo", "--mode=0644", Holes);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in (string[])[honest.Name, "liar"])
            await TheService.Until("it is seen", name, domain => domain.State is "pending" or "blocked");
    }
}
