using VirtHandover.Server;
using VirtHandover.Tests.Unit.Bus;

namespace VirtHandover.Tests.Unit.Hook;

/// <summary>The real program against a real bus.</summary>
public sealed class HookTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Qemu = "/usr/libexec/qemu-kvm";

    private string Run => Path.Combine(bus.Folder, "run");

    private string Stamp => Path.Combine(Run, "pending");

    [Fact(Timeout = 60_000)]
    public async Task A_new_QEMU_leaves_a_stamp_and_is_reported_once()
    {
        var requests = new FakeRequests();
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        var result = await HookProcess.RunAsync(
            bus.Address, Run, "/usr/libexec", Qemu, "/usr/bin/qemu-img", Qemu, "/usr/lib64/qemu-kvm/block-iscsi.so");
        Assert.Equal((0, ""), result);
        Assert.Equal($"notify rpm {Qemu} /usr/lib64/qemu-kvm/block-iscsi.so", Assert.Single(requests.Asked));
        Assert.True(File.Exists(Stamp));
    }

    [Fact(Timeout = 60_000)]
    public async Task The_package_manager_is_named_on_the_command_line()
    {
        var requests = new FakeRequests();
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        var result = await HookProcess.RunAsync(bus.Address, Run, input => input.WriteAsync("/usr/bin/qemu-system-x86_64\n"), "dpkg");
        Assert.Equal((0, ""), result);
        Assert.Equal("notify dpkg /usr/bin/qemu-system-x86_64", Assert.Single(requests.Asked));
    }

    [Fact(Timeout = 60_000)]
    public async Task An_unrelated_package_is_not_reported()
    {
        var requests = new FakeRequests();
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        var quiet = Path.Combine(bus.Folder, "quiet");
        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, quiet, "/usr/libexec/zz-other/tool", "/usr/bin/qemu-img"));
        Assert.Empty(requests.Asked);
        Assert.False(Directory.Exists(quiet));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_bus_the_stamp_is_all()
    {
        var run = Path.Combine(bus.Folder, "run without bus");
        Assert.Equal((0, ""), await HookProcess.RunAsync("unix:path=/nonexistent/socket", run, Qemu));
        Assert.True(File.Exists(Path.Combine(run, "pending")));
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_place_for_the_stamp_the_call_is_all()
    {
        var requests = new FakeRequests();
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, "/proc/nothing", Qemu));
        Assert.Single(requests.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_refusing_service_changes_nothing()
    {
        var requests = new FakeRequests { Refusal = new InvalidOperationException("No.") };
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, Run, Qemu));
        Assert.Single(requests.Asked);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_service_without_activation_changes_nothing() =>
        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, Run, Qemu));

    [Fact(Timeout = 60_000)]
    public async Task Garbage_and_huge_input_change_nothing()
    {
        var random = new Random(1);
        var garbage = new byte[20_000_000];
        random.NextBytes(garbage);
        Assert.Equal((0, ""), await HookProcess.RunAsync(bus.Address, Run, input => input.BaseStream.WriteAsync(garbage).AsTask()));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_hit_at_the_end_of_a_huge_list_is_found()
    {
        var requests = new FakeRequests();
        await using var server = await HandoverServer.StartAsync(bus.Address, requests, Sample.Host(), CancellationToken.None);
        Assert.Equal((0, ""), await HookProcess.RunAsync(
            bus.Address, Run, [.. Enumerable.Range(0, 200_000).Select(number => $"/usr/share/doc/file-{number}"), Qemu]));
        Assert.Equal($"notify rpm {Qemu}", Assert.Single(requests.Asked));
    }
}
