using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.Commands;

public sealed class SourceCommandsTests
{
    public static TheoryData<string, string> Allowed => new()
    {
        { "query-status", "null" },
        { "query-named-block-nodes", """{"flat":true}""" },
        { "qom-list", """{"path":"/machine/peripheral"}""" },
        { "qom-list", """{"path":"/objects"}""" },
        { "qom-get", """{"path":"/machine/unattached/device[0]","property":"feature-words"}""" },
        { "qom-get", """{"path":"/objects/iothread1","property":"thread-pool-max"}""" },
        { "query-dirty-rate", "null" },
        { "qom-get", """{"path":"/machine/peripheral/redir0","property":"attached"}""" },
        { "migrate-set-capabilities", """{"capabilities":[{"capability":"x-ignore-shared","state":true},{"capability":"events","state":true}]}""" },
        { "migrate-set-parameters", """{"max-bandwidth":1,"downtime-limit":20}""" },
        { "getfd", """{"fdname":"virt-handover"}""" },
        { "migrate", """{"uri":"fd:virt-handover"}""" },
        { "migrate-continue", """{"state":"pre-switchover"}""" },
        { "qom-set", """{"path":"/objects/pc.ram","property":"discard-data","value":false}""" },
        { "stop", "null" },
        { "cont", "{}" },
    };

    public static TheoryData<string, string> Refused => new()
    {
        { "x-query-virtio", "null" },
        { "x-query-virtio-status", """{"path":"/machine/peripheral/balloon0/virtio-backend"}""" },
        { "x-query-virtio-queue-status", """{"path":"/machine/peripheral/rng0/virtio-backend","queue":0}""" },
        { "human-monitor-command", """{"command-line":"info qtree"}""" },
        { "quit", "null" },
        { "system_reset", "null" },
        { "query-memdev", "null" },
        { "query-vnc-servers", "null" },
        { "query-spice", "null" },
        { "query-pci", "null" },
        { "query-status", """{"more":1}""" },
        { "query-named-block-nodes", "null" },
        { "qom-list", """{"path":"/machine"}""" },
        { "qom-list", "null" },
        { "qom-get", """{"path":"/machine/peripheral/balloon0","property":"guest-stats"}""" },
        { "qom-get", """{"path":"/objects/x","property":"feature-words"}""" },
        { "qom-get", """{"path":"/machine/unattached/device[3]","property":"attached"}""" },
        { "qom-set", """{"path":"/objects/pc.ram","property":"size","value":1}""" },
        { "migrate", """{"uri":"exec:cat"}""" },
        { "migrate-set-capabilities", """{"capabilities":[{"capability":"events","state":true},{"capability":"xbzrle","state":true}]}""" },
        { "migrate-set-capabilities", "null" },
        { "migrate-set-parameters", """{"max-bandwidth":1,"tls-creds":"x"}""" },
        { "blockdev-add", """{"driver":"null-co"}""" },
    };

    [Theory]
    [MemberData(nameof(Allowed))]
    public void What_is_in_the_list_passes(string command, string arguments) => SourceCommands.Require("a", command, Arguments(arguments));

    [Theory]
    [MemberData(nameof(Refused))]
    public void Everything_else_is_refused(string command, string arguments)
    {
        var refused = Assert.Throws<SourceCommandException>(() => SourceCommands.Require("the source of VM web-01", command, Arguments(arguments)));
        Assert.Contains("web-01", refused.Message, StringComparison.Ordinal);
        Assert.Contains(command, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Each_entry_says_who_else_sends_it_and_why()
    {
        Assert.Equal(SourceCommands.All.Count, SourceCommands.All.DistinctBy(entry => entry.Name).Count());
        foreach (var entry in SourceCommands.All)
        {
            Assert.False(entry.Name.StartsWith("x-", StringComparison.Ordinal), entry.Name);
            Assert.NotEqual("human-monitor-command", entry.Name);
            Assert.NotEmpty(entry.Reason);
            Assert.NotEmpty(entry.Libvirt);
        }
    }

    // All that a preflight and the recheck ask, typed, through the list.
    [Fact]
    public async Task The_preflight_asks_nothing_beyond_the_list()
    {
        var channel = new ListedChannel(new RecordedChannel("q35-7.2.22-running"));
        var line = CommandLine.Parse(["qemu", "-machine", "pc-q35-7.2"]);
        _ = await DeviceSnapshot.ReadAsync(channel, line);
        Assert.NotEmpty(channel.Asked);
        await Assert.ThrowsAsync<SourceCommandException>(() => TwinSnapshot.ReadAsync(channel, line));
    }

    // Who connects to a monitor by other means could send what he likes.
    [Fact]
    public void Nothing_but_the_two_channels_reaches_a_source()
    {
        var root = Path.Combine(Repository.Root, "src", "Core");
        var connecting = Directory.EnumerateFiles(root, "*.cs", SearchOption.AllDirectories)
            .Where(file => File.ReadAllText(file) is var text && (text.Contains("QmpClient.ConnectAsync(", StringComparison.Ordinal)
                || text.Contains("QmpClient.AttachAsync(", StringComparison.Ordinal) || text.Contains(".MonitorCommandAsync(", StringComparison.Ordinal)))
            .Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal);

        // Targets: MonitorPlace. Sources: the other two, which ask the list.
        Assert.Equal(["LibvirtQmpChannel.cs", "MonitorPlace.cs", "SourceMonitor.cs"], connecting);
    }

    [Fact(Timeout = 120_000)]
    public async Task A_source_s_monitor_sends_nothing_else()
    {
        await using var qemu = await QemuProcess.StartAsync("-machine", "none");
        (await qemu.ConnectAsync()).Dispose();
        using var source = await SourceMonitor.ConnectAsync(qemu.MonitorPath, qemu.Handle, "web-01", QemuProcess.Limit);
        Assert.Equal("prelaunch", (await source.QueryStatusAsync()).Status);
        await Assert.ThrowsAsync<SourceCommandException>(() => source.HumanMonitorCommandAsync("info qtree"));
        await Assert.ThrowsAsync<SourceCommandException>(() => source.QueryVirtioAsync());
        await Assert.ThrowsAsync<SourceCommandException>(() => source.ExecuteAsync("quit"));
        Assert.Equal("prelaunch", (await source.QueryStatusAsync()).Status);
    }

    private static JsonObject? Arguments(string text) => JsonNode.Parse(text) as JsonObject;

    private sealed class ListedChannel(IQmpChannel channel) : IQmpChannel
    {
        internal List<string> Asked { get; } = [];

        public string Peer => channel.Peer;

        public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
        {
            SourceCommands.Require(Peer, command, arguments);
            Asked.Add(command);
            return channel.ExecuteAsync(command, arguments, fds, cancellationToken);
        }
    }
}
