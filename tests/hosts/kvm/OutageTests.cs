using CliWrap.Buffered;
using VirtHandover.Tests.Integration.Host;
using Xunit.Abstractions;

namespace VirtHandover.Tests.Hosts.Kvm;

/// <summary>systemd's own libvirtd while a handover holds libvirt away: it is the gate in its unit that keeps it from finding two QEMUs.</summary>
[Collection(KvmHostCollection.Name)]
public sealed class OutageTests(KvmHost host, ITestOutputHelper output)
{
    [Theory]
    [InlineData("start", "quiesce.rechecked")]
    [InlineData("restart", "finish.frozen")]
    [Uses(Fleet.Later)]
    public async Task Gate_inside_an_outage(string verb, string point)
    {
        KvmVm vm = await host.Use(Fleet.Later);
        GuestStatus before = await vm.Status(host);
        string since = await host.Now();
        await using KvmPoint held = await KvmPoint.Set(host, point);
        Task<HandedOver> handing = vm.HandOver(host);
        await held.Reached();

        Task<BufferedCommandResult> starting = host.Command($"systemctl {verb} libvirtd.service").ExecuteBufferedAsync().Task;
        await host.Until("the gate says that libvirt's start waits",
            $"journalctl -q --no-pager -o cat -u libvirtd.service --since @{since} | grep 'its start waits'");
        Assert.Equal("activating", await host.Run("systemctl is-active libvirtd.service || :"));
        Assert.Equal("", await host.Run("pidof libvirtd || :"));
        await held.LetGo();

        HandedOver handed = await handing;
        Assert.Equal(0, (await starting).ExitCode);
        Assert.Equal("running", await vm.State(host));
        Assert.Equal("active", await host.Run("systemctl is-active libvirtd.service"));
        await vm.AssertLives(host, before);
        output.WriteLine($"'systemctl {verb}' waited; then {handed.Outcome}");
    }
}
