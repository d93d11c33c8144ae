using System.Text.Json;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>apt brings a later release of the product itself in the middle of a handover.</summary>
public sealed class ProductUpgradeTests : IAsyncLifetime
{
    private readonly DebianHost _host = new();

    public Task InitializeAsync() => _host.InitializeAsync();

    public Task DisposeAsync() => _host.DisposeAsync();

    [Fact(Timeout = 300000)]
    [Trait("Part", "telling")]
    public async Task A_handover_comes_to_its_end_and_both_processes_make_way_for_the_later_release()
    {
        Guest guest = await Vm.Start("upgraded");
        GuestStatus before = await guest.Status();
        await _host.AptUpgrade();
        await Product.Until("it is pending", guest.Name, one => Product.Text(one, "state") == "pending");
        // The guest stands still and libvirt is away, until the package manager is done.
        await using HeldPoint held = await HeldPoint.Set("perform.stopped");
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", guest.Name, "--json");
        await held.Reached();
        int front = await MainPid(Product.Unit), worker = await MainPid(Product.Worker);

        await Shell.Run("sh", "-c", "apt-get -qq --yes install /srv/product-later/*.deb");
        Assert.EndsWith("+2", await Shell.Run("dpkg-query", "-W", "-f", "${Version}", "virt-handover"), StringComparison.Ordinal);
        Assert.Equal((front, worker), (await MainPid(Product.Unit), await MainPid(Product.Worker)));
        held.LetGo();
        // Held for as long as apt takes, it may have been undone: it stood still longer than is allowed.
        await run;
        await Vm.Settled(guest.Name);
        await Vm.AssertWhole(guest, before);

        // Somebody's question starts the later release.
        await Eventually.Until("both processes are of the later release", async () =>
        {
            await Shell.TryRun("virt-handover", "list", "--json");
            return await IsOfThatOnDisk(Product.Unit, front) && await IsOfThatOnDisk(Product.Worker, worker);
        });
        JsonElement next = await Product.Run("run", guest.Name);
        Assert.Equal("done", Product.Text(next.GetProperty("report"), "outcome"));
        await Vm.AssertWhole(guest, before);
        // The gate is there, and lets libvirt start.
        await Shell.Run("systemctl", "restart", "libvirtd.service");
        Assert.Contains("virt-handoverd", await Units.Property("libvirtd.service", "ExecStartPre"), StringComparison.Ordinal);
        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
    }

    private static async Task<int> MainPid(string unit) =>
        int.Parse(await Units.Property(unit, "MainPID"), System.Globalization.CultureInfo.InvariantCulture);

    private static async Task<bool> IsOfThatOnDisk(string unit, int before) =>
        await MainPid(unit) is > 0 and var process && process != before
        && (await Shell.TryRun("readlink", $"/proc/{process}/exe")).Output.Trim() == "/usr/libexec/virt-handover/virt-handoverd";
}
