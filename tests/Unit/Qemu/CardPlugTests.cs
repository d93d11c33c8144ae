using System.Net.Sockets;
using System.Text.Json.Nodes;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

public class CardPlugTests
{
    private const int Frames = 8;

    // QEMU reads seven commands ahead: of five cards, those of three.
    [Theory(Timeout = 120_000)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(5)]
    public async Task Cards_that_come_late_leave_the_frames_that_wait(int count)
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "pc");
        using var directory = HeldDirectory.Open(Path.GetDirectoryName(qemu.MonitorPath)!);
        await using var qmp = await QmpClient.ConnectAsync(directory, Path.GetFileName(qemu.MonitorPath), qemu.Handle, "QEMU", QemuProcess.Limit, isOurs: true);
        using HeldDirectory own = directory.MakePrivate("own");
        List<Socket> cards = [];
        List<(JsonObject, JsonObject)> commands = [];
        for (var number = 0; number < count; number++)
        {
            cards.Add(await WireAsync(qmp, qemu.MonitorPath + $".wire{number}", $"wire{number}"));
            commands.Add((
                new JsonObject { ["type"] = "dgram", ["id"] = $"net{number}", ["local"] = new JsonObject { ["type"] = "fd", ["str"] = $"wire{number}" } },
                new JsonObject { ["driver"] = "virtio-net-pci", ["netdev"] = $"net{number}", ["id"] = $"card{number}", ["addr"] = $"{5 + number}" }));
        }

        var followed = false;
        using (CardPlug plug = await CardPlug.ReadyAsync(qmp, own, commands, () => qmp.QueryStatusAsync().ContinueWith(_ => followed = true), CancellationToken.None))
        {
            // Whatever QEMU has read, it has carried out none of it; and nobody else finds what it waits for.
            Assert.All(cards, card => Assert.True(card.Available > 0));
            plug.RequireFree();
            Assert.Empty(own.Names(10));
            Assert.DoesNotContain("@virt-handover-hold", await File.ReadAllTextAsync("/proc/net/unix"), StringComparison.Ordinal);
            await plug.PlugAsync(CancellationToken.None);
        }

        Assert.True(followed);
        foreach (Socket card in cards.Take(3))
        {
            var left = 0;
            for (var frame = new byte[4096]; card.Poll(0, SelectMode.SelectRead) && card.Receive(frame) > 0;)
                left++;
            // Two of them the card holds back for the guest. A QEMU that looks between the two commands takes all and throws them away.
            Assert.InRange(left, Frames - 2, Frames);
        }

        cards.ForEach(card => card.Dispose());
        Assert.Equal(count, (await qmp.QomListAsync("/machine/peripheral")).Count(property => property.Name.StartsWith("card", StringComparison.Ordinal)));
        Assert.DoesNotContain(await qmp.QueryChardevAsync(), device => device.Label.Contains("hold", StringComparison.Ordinal));
    }

    // QEMU refuses it while something of that name is there: cards come all the same, only frames may be lost.
    [Fact(Timeout = 120_000)]
    public async Task A_hold_that_QEMU_refuses_keeps_nothing_from_going_on()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "pc", "-chardev", "null,id=virt-handover-hold");
        using var directory = HeldDirectory.Open(Path.GetDirectoryName(qemu.MonitorPath)!);
        await using var qmp = await QmpClient.ConnectAsync(directory, Path.GetFileName(qemu.MonitorPath), qemu.Handle, "QEMU", QemuProcess.Limit, isOurs: true);
        using HeldDirectory own = directory.MakePrivate("own");
        using CardPlug plug = await CardPlug.ReadyAsync(
            qmp,
            own,
            [
                (
                    new JsonObject { ["type"] = "hubport", ["id"] = "net", ["hubid"] = 0 },
                    new JsonObject { ["driver"] = "virtio-net-pci", ["netdev"] = "net", ["id"] = "card" }),
            ],
            () => Task.CompletedTask,
            CancellationToken.None);
        Assert.DoesNotContain(await qmp.QomListAsync("/machine/peripheral"), property => property.Name == "card");
        await plug.PlugAsync(CancellationToken.None);
        Assert.Contains(await qmp.QomListAsync("/machine/peripheral"), property => property.Name == "card");
    }

    // Nobody but root can tell it to go on early; should one do so, then the taps were not free.
    [Fact(Timeout = 120_000)]
    public async Task A_QEMU_that_went_on_early_is_noticed()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "pc");
        using var directory = HeldDirectory.Open(Path.GetDirectoryName(qemu.MonitorPath)!);
        using HeldDirectory own = directory.MakePrivate("own");
        await using var qmp = await QmpClient.ConnectAsync(directory, Path.GetFileName(qemu.MonitorPath), qemu.Handle, "QEMU", QemuProcess.Limit, isOurs: true);
        using CommandHold hold = await CommandHold.BeginAsync(qmp, own, CancellationToken.None);
        Assert.True(hold.IsHeld);
        hold.RequireHeld();
        hold.Release();
        await qmp.QueryStatusAsync();
        var early = Assert.Throws<QmpProtocolException>(hold.RequireHeld);
        Assert.Equal("QEMU (QEMU) did not wait as it had been told.", early.Message);
        await hold.EndAsync(CancellationToken.None);
    }

    private static async Task<Socket> WireAsync(QmpClient qmp, string path, string name)
    {
        var card = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var wire = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var end = new UnixDomainSocketEndPoint(path);
        card.Bind(end);
        wire.Connect(end);
        await qmp.GetFdAsync(name, (int)card.Handle);
        for (var frame = 0; frame < Frames; frame++)
            wire.Send(Enumerable.Repeat((byte)0xff, 64).ToArray());
        return card;
    }
}
