using System.Globalization;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>
/// One busy VM, handed over again and again under clients' calls: nothing is lost and nothing leaks. <c>VHENDURANCE</c> says how
/// often; <c>make endurance N=200</c>. From the newer QEMU to itself: back to the older one is refused.
/// </summary>
public sealed class EnduranceTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const int Few = 6;

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=6s\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 7_200_000)]
    public async Task Handing_a_busy_VM_over_again_and_again_loses_and_leaks_nothing()
    {
        int rounds = int.Parse(Environment.GetEnvironmentVariable("VHENDURANCE") ?? Few.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        Guest guest = await Guest.Start("endure", "--ram", "shared", "--mem", "32", "--memory", "128", "--rate", "64");
        Guid domain = await Virsh.Uuid(guest.Name);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        GuestStatus before = await guest.Status();
        // The first two bring the VM onto the new QEMU and the service to its working size.
        await Run(guest);
        await Run(guest);
        Inventory start = await Inventory.AtRest(domain);

        using (var mend = new Mend())
        {
            mend.Hammer(guest.Name);
            for (int round = 0; round < rounds; round++)
            {
                await Run(guest);
                GuestStatus now = await guest.Status();
                now.AssertContinues(before);
                before = now;
            }
        }

        await guest.AssertLives(before);
        Inventory end = await Inventory.AtRest(domain);
        Assert.Equal(start with { ServiceDescriptors = 0 }, end with { ServiceDescriptors = 0 });
        // Pools of threads and connections may grow by a few, not with the rounds.
        Assert.True(end.ServiceDescriptors <= start.ServiceDescriptors + 5, $"The service had {start.ServiceDescriptors} descriptors and has {end.ServiceDescriptors}.");
        await guest.AssertDiskSound();
    }

    private static async Task Run(Guest guest)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "run", guest.Name);
        Assert.True(result.ExitCode == 0, $"A handover ended with {result.ExitCode}:\n{result.Output}{result.Error}");
    }
}
