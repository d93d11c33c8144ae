using System.Diagnostics;
using VirtHandover.Bus;
using VirtHandover.Tests.Unit.Bus;

namespace VirtHandover.Tests.Unit.Hook;

/// <summary>The hook ends by itself, whatever hangs around it.</summary>
public sealed class HangingHookTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Qemu = "/usr/libexec/qemu-kvm";

    private string Stamp => Path.Combine(bus.Folder, "pending");

    [Fact(Timeout = 60_000)]
    public async Task A_service_that_never_answers_is_left_alone()
    {
        var reached = new TaskCompletionSource();
        await using var service = await bus.ConnectAsync();
        var hanging = new InterfaceBuilder<object>("org.virthandover.Handover1.Manager")
            .Method("NotifyUpdate", [new("s", "source"), new("as", "paths")], (_, _) =>
            {
                reached.TrySetResult();
                return new TaskCompletionSource().Task;
            })
            .Build();
        await service.ExportAsync("/org/virthandover/Handover1", announce: false, (hanging, this));
        await service.RequestNameAsync("org.virthandover.Handover1", CancellationToken.None);

        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, bus.Folder, Qemu));
        await reached.Task;
        Assert.True(File.Exists(Stamp));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_service_that_starts_and_never_comes_is_left_alone()
    {
        // A real child of the bus, stopped when the test ends.
        var pid = Path.Combine(bus.Folder, "child");
        var script = Path.Combine(bus.Folder, "hang");
        Executable.Write(script, $"#!/bin/sh\necho $$ > {pid}\nexec sleep 300\n");
        await bus.ActivateAsync("org.virthandover.Handover1", script);

        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, bus.Folder, Qemu));

        Assert.True(File.Exists(Stamp));
        using var child = Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(pid), provider: null));
        child.Kill();
        File.Delete(Path.Combine(bus.ActivationFolder, "org.virthandover.Handover1.service"));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_writer_that_never_ends_is_left_alone()
    {
        var ended = new TaskCompletionSource();
        var result = await HookProcess.RunAsync("unix:path=/nonexistent/socket", bus.Folder, async input =>
        {
            await input.WriteLineAsync(Qemu);
            await input.FlushAsync();
            await ended.Task;
        });
        Assert.Equal((0, ""), result);
        Assert.True(File.Exists(Stamp));
        ended.SetResult();
    }
}
