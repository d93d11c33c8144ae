using System.Net.Sockets;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>Nothing is sent to a monitor that is not that of the process it must be.</summary>
public sealed class MonitorPeerTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Path => System.IO.Path.Combine(_directory.Path, "monitor.sock");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task Another_QEMU_s_monitor_is_refused_by_its_own_name_and_through_links()
    {
        await using var mine = await QemuProcess.StartAsync("-machine", "none");
        await using var victim = await QemuProcess.StartAsync("-machine", "none");
        (await victim.ConnectAsync()).Dispose();
        await Refused(victim.MonitorPath, QmpFault.Foreign);
        // Its name is the victim's socket itself (a hard link), or leads to it.
        using (var ln = System.Diagnostics.Process.Start("ln", [victim.MonitorPath, Path]))
            await ln.WaitForExitAsync();
        await Refused(Path, QmpFault.Foreign);
        File.Delete(Path);
        File.CreateSymbolicLink(Path, victim.MonitorPath);
        await Refused(Path, QmpFault.Unreachable);
        File.Delete(Path);
        await File.WriteAllTextAsync(Path, "");
        await Refused(Path, QmpFault.Unreachable);
        using var qmp = await mine.ConnectAsync();
        using var undisturbed = await victim.ConnectAsync();

        async Task Refused(string path, QmpFault why)
        {
            var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => SourceMonitor.ConnectAsync(path, mine.Handle, "web-01", QemuProcess.Limit));
            Assert.True(fault.Fault == why, fault.Message);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task Not_a_byte_is_sent_to_somebody_else()
    {
        using var listener = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        listener.Bind(new UnixDomainSocketEndPoint(Path));
        listener.Listen();
        using var other = ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], []);
        try
        {
            var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => QmpClient.ConnectAsync(Path, other, "QEMU", QemuProcess.Limit));
            Assert.Equal(QmpFault.Foreign, fault.Fault);
            Assert.Contains($"process {Environment.ProcessId} is behind it", fault.Message, StringComparison.Ordinal);
            using var accepted = await listener.AcceptAsync();
            Assert.Equal(0, await accepted.ReceiveAsync(new byte[16]));
        }
        finally
        {
            other.Kill();
            Assert.True(other.WaitForExit(TimeSpan.FromSeconds(20)));
            _ = ProcessSpawner.Reap(other);
        }

        // Of a process that has ended nobody is taken for it.
        var ended = await Assert.ThrowsAsync<QmpProtocolException>(() => QmpClient.ConnectAsync(Path, other, "QEMU", QemuProcess.Limit));
        Assert.Equal(QmpFault.Foreign, ended.Fault);
    }

    // libvirt and we pass a socket on, and QEMU calls listen(2) on it once more: by that it is known.
    [Fact(Timeout = 120_000)]
    public async Task A_socket_that_was_passed_on_is_known_by_who_listens_on_it()
    {
        using var held = HeldDirectory.Open(_directory.Path);
        using var own = held.MakePrivate("own");
        using var socket = own.Bind("monitor.sock.new", 0x1fd);
        using var qemu = ProcessSpawner.Spawn(
            ProgramPath.Of("qemu-system-x86_64"),
            [
                "qemu-system-x86_64", "-S", "-nodefaults", "-no-user-config", "-display", "none", "-machine", "none",
                "-chardev", "socket,id=m,fd=3,server=on,wait=off", "-mon", "chardev=m,mode=control",
            ],
            ["PATH=/usr/bin:/bin"],
            [new InheritedDescriptor(socket, 3)]);
        try
        {
            using (var qmp = await QmpClient.ConnectAsync(own, "monitor.sock.new", qemu, "QEMU", QemuProcess.Limit, isOurs: true))
                Assert.Equal("prelaunch", (await qmp.QueryStatusAsync()).Status);
            own.Move("monitor.sock.new", held, "monitor.sock");
            using var self = ProcessHandle.Open(Environment.ProcessId);
            await Assert.ThrowsAsync<QmpProtocolException>(() => QmpClient.ConnectAsync(Path, self, "QEMU", QemuProcess.Limit));
            using var moved = await QmpClient.ConnectAsync(Path, qemu, "QEMU", QemuProcess.Limit);
        }
        finally
        {
            qemu.Kill();
            Assert.True(qemu.WaitForExit(TimeSpan.FromSeconds(20)));
            _ = ProcessSpawner.Reap(qemu);
        }
    }
}
