using System.Net.Sockets;
using System.Text.Json.Nodes;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

public class CardCommandsTests
{
    private const int Frames = 8;

    // Two of them the card holds back for the guest; a QEMU that looks between the two commands takes all and throws them away.
    [Fact(Timeout = 120_000)]
    public async Task A_card_that_comes_late_leaves_the_frames_that_wait()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "pc");
        using var directory = HeldDirectory.Open(Path.GetDirectoryName(qemu.MonitorPath)!);
        await using var qmp = await QmpClient.ConnectAsync(directory, Path.GetFileName(qemu.MonitorPath), qemu.Handle, "QEMU", QemuProcess.Limit, isOurs: true);
        using var card = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        using var wire = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        var end = new UnixDomainSocketEndPoint(qemu.MonitorPath + ".wire");
        card.Bind(end);
        wire.Connect(end);
        await qmp.GetFdAsync("wire", (int)card.Handle);
        await qmp.ReadyForCardsAsync();
        for (var frame = 0; frame < Frames; frame++)
            wire.Send(Enumerable.Repeat((byte)0xff, 64).ToArray());

        await qmp.AddCardsAsync(
        [
            (
                new JsonObject { ["type"] = "dgram", ["id"] = "net", ["local"] = new JsonObject { ["type"] = "fd", ["str"] = "wire" } },
                new JsonObject { ["driver"] = "virtio-net-pci", ["netdev"] = "net", ["id"] = "card", ["addr"] = "5" }),
        ]);

        var left = 0;
        for (var frame = new byte[4096]; card.Poll(0, SelectMode.SelectRead) && card.Receive(frame) > 0;)
            left++;
        Assert.InRange(left, Frames - 2, Frames);
    }
}
