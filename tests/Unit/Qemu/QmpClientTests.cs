using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

public class QmpClientTests
{
    [Fact(Timeout = 120_000)]
    public async Task A_real_qemu_greets_answers_and_tells_its_events()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var qmp = await qemu.ConnectAsync();

        Assert.True((await qmp.QueryVersionAsync()).Version >= new Version(7, 0, 0));
        Assert.Equal(new RunState("prelaunch", false), await qmp.QueryStatusAsync());

        var before = DateTimeOffset.UtcNow.AddSeconds(-1);
        await qmp.ContAsync();
        Assert.Equal(new RunState("running", true), await qmp.QueryStatusAsync());
        await qmp.StopAsync();
        Assert.True(qmp.Events.TryRead(out var resume) && resume.Name == "RESUME");
        Assert.True(qmp.Events.TryRead(out var stop) && stop.Name == "STOP");
        Assert.InRange(stop.At, resume.At, DateTimeOffset.UtcNow.AddSeconds(1));
        Assert.True(resume.At > before);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_refusal_names_the_command_and_qemus_own_words()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var qmp = await qemu.ConnectAsync();

        var unknown = await Assert.ThrowsAsync<QmpException>(() => qmp.ExecuteAsync("no-such-command"));
        Assert.True(unknown.IsUnknownCommand);
        var device = await Assert.ThrowsAsync<QmpException>(() => qmp.ExecuteAsync("device_del", Named("ghost")));
        Assert.Equal(("DeviceNotFound", "device_del", "Device 'ghost' not found"), (device.ErrorClass, device.Command, device.Description));
        Assert.Equal("QEMU (the test's QEMU) refused 'device_del': Device 'ghost' not found.", device.Message);
        Assert.False((await qmp.QueryStatusAsync()).IsRunning);
    }

    [Fact(Timeout = 120_000)]
    public async Task Descriptors_travel_with_their_command()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var qmp = await qemu.ConnectAsync();
        var path = Path.GetTempFileName();
        try
        {
            using SafeFileHandle file = File.OpenHandle(path);
            var fd = (int)file.DangerousGetHandle();
            await qmp.GetFdAsync("late", fd);
            await qmp.CloseFdAsync("late");
            var gone = await Assert.ThrowsAsync<QmpException>(() => qmp.CloseFdAsync("late"));
            Assert.Equal("GenericError", gone.ErrorClass);

            await qmp.ExecuteAsync("add-fd", new JsonObject { ["fdset-id"] = 7, ["opaque"] = "disk" }, [fd]);
            var set = Assert.Single(await qmp.QueryFdsetsAsync());
            Assert.Equal(7, set.Id);
            Assert.Equal("disk", Assert.Single(set.Fds).Opaque);
            Assert.Equal(path, new FileInfo($"/proc/{qemu.Id}/fd/{set.Fds[0].Fd}").LinkTarget);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact(Timeout = 120_000)]
    public async Task Many_callers_at_once_get_their_own_replies()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var qmp = await qemu.ConnectAsync();
        var asked = Enumerable.Range(0, 200).Select(async i =>
        {
            if (i % 3 == 0)
                Assert.False((await qmp.QueryStatusAsync()).IsRunning);
            else if (i % 3 == 1)
                Assert.Equal($"Device 'd{i}' not found", (await Assert.ThrowsAsync<QmpException>(() => qmp.ExecuteAsync("device_del", Named($"d{i}")))).Description);
            else
                Assert.Equal("", await qmp.HumanMonitorCommandAsync("sum 0 0").ContinueWith(t => t.Result[..0], TaskScheduler.Default));
        });
        await Task.WhenAll(asked);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_dead_qemu_fails_what_waits_and_what_comes_after()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var qmp = await qemu.ConnectAsync();
        qemu.Kill();
        await qmp.Events.Completion.WaitAsync(QemuProcess.Limit);
        var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => qmp.QueryStatusAsync());
        Assert.Equal(QmpFault.Closed, fault.Fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_second_client_gets_no_greeting_and_is_told_so()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        await using var first = await qemu.ConnectAsync();
        var fault = await Assert.ThrowsAsync<QmpProtocolException>(
            () => QmpClient.ConnectAsync(qemu.MonitorPath, qemu.Handle, "QEMU", TimeSpan.FromMilliseconds(200)));
        Assert.Equal(QmpFault.Deadline, fault.Fault);
        Assert.Contains("another client", fault.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_missing_socket_is_unreachable()
    {
        using var self = ProcessHandle.Open(Environment.ProcessId);
        var fault = await Assert.ThrowsAsync<QmpProtocolException>(() => QmpClient.ConnectAsync("/nonexistent/qmp", self, "QEMU", TimeSpan.FromSeconds(1)));
        Assert.Equal(QmpFault.Unreachable, fault.Fault);
        fault = await Assert.ThrowsAsync<QmpProtocolException>(() => QmpClient.ConnectAsync("/" + new string('x', 300), self, "QEMU", TimeSpan.FromSeconds(1)));
        Assert.Equal(QmpFault.Unreachable, fault.Fault);
    }

    [Fact(Timeout = 120_000)]
    public async Task Typed_commands_read_a_real_machine()
    {
        await using var qemu = await QemuProcess.StartAsync(
            "-machine", "q35,memory-backend=ram0", "-object", "memory-backend-memfd,id=ram0,size=64M,share=on", "-smp", "2",
            "-object", "iothread,id=io1", "-chardev", "pty,id=con0", "-device", "isa-serial,chardev=con0",
            "-blockdev", """{"driver":"null-co","node-name":"disk0","read-zeroes":true}""",
            "-device", "virtio-blk-pci,drive=disk0,id=vd0,iothread=io1", "-vnc", "none");
        await using var qmp = await qemu.ConnectAsync();

        Assert.Equal([0, 1], (await qmp.QueryCpusFastAsync()).Select(c => c.Index));
        Assert.Equal("io1", Assert.Single(await qmp.QueryIothreadsAsync()).Id);
        Assert.StartsWith("/dev/pts/", (await qmp.QueryChardevAsync()).Single(c => c.Label == "con0").Pty, StringComparison.Ordinal);
        Assert.Equal("disk0", Assert.Single(await qmp.QueryBlockAsync()).NodeName);
        Assert.Equal("null-co", Assert.Single(await qmp.QueryNamedBlockNodesAsync()).Driver);
        Assert.Contains(await qmp.QomListAsync("/machine/peripheral"), p => p.Name == "vd0" && p.ChildType == "virtio-blk-pci");
        Assert.True((await qmp.QomGetAsync("/objects/ram0", "share")).GetBoolean());
        Assert.Empty(await qmp.QueryJobsAsync());
        Assert.Empty(await qmp.QueryBlockJobsAsync());
        Assert.Equal("none", await qmp.QueryDumpAsync());

        var virtio = Assert.Single(await qmp.QueryVirtioAsync());
        Assert.Equal(256, (await qmp.QueryVirtqueueAsync(virtio, 0)).Default);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_machine_with_many_disks_gives_replies_of_any_size()
    {
        const int Disks = 300;
        await using var qemu = await QemuProcess.StartAsync(
            ["-machine", "none", .. Enumerable.Range(0, Disks).SelectMany(i => (string[])["-blockdev", $$"""{"driver":"null-co","node-name":"disk{{i}}"}"""])]);
        await using var qmp = await qemu.ConnectAsync();
        for (var turn = 0; turn < 3; turn++)
        {
            Assert.Equal(Disks, (await qmp.QueryNamedBlockNodesAsync()).Count);
            Assert.False((await qmp.QueryStatusAsync()).IsRunning);
        }

        Assert.InRange((await qmp.ExecuteAsync("query-named-block-nodes", new JsonObject { ["flat"] = true })).GetRawText().Length, 65_537, int.MaxValue);
    }

    [Fact(Timeout = 120_000)]
    public async Task Migration_capabilities_can_be_set_and_read()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "pc");
        await using var qmp = await qemu.ConnectAsync();
        await qmp.MigrateSetCapabilitiesAsync(new Dictionary<string, bool> { ["x-ignore-shared"] = true, ["return-path"] = true });
        await qmp.MigrateSetParametersAsync(new JsonObject { ["max-bandwidth"] = 1L << 40, ["downtime-limit"] = 2000 });
        var capabilities = await qmp.QueryMigrateCapabilitiesAsync();
        Assert.True(capabilities["x-ignore-shared"] && capabilities["return-path"]);
        var info = await qmp.QueryMigrateAsync();
        Assert.Equal("none", info.Status);
        Assert.True(info.HasEnded);
        Assert.Empty(info.BlockedReasons);
    }

    private static JsonObject Named(string id) => new() { ["id"] = id };
}
