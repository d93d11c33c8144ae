using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Handover;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Settings;

public class SettingsTransferTests
{
    private const string Disk = "/machine/peripheral/virtio-disk0/virtio-backend";

    private static readonly DomainXml Domain =
        DomainXml.Parse("<domain type='kvm'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid></domain>");

    [Fact]
    public async Task What_differs_is_set_and_nothing_else()
    {
        var source = await LiveSettings.ReadAsync(new Board(limit: 900, threshold: 4096, poll: 5), CancellationToken.None);
        var twin = new Board(limit: 0, threshold: 0, poll: 32768);
        await SettingsTransfer.ApplyAsync(source, Domain, CommandLine.Parse(["/qemu"]), twin, CancellationToken.None);
        Assert.Equal(
            [
                $$"""block_set_io_throttle {"id":"{{Disk}}","group":"gold","bps":900,"bps_rd":0,"bps_wr":0,"iops":0,"iops_rd":0,"iops_wr":0,"bps_max":1800}""",
                """block-set-write-threshold {"node-name":"libvirt-1-storage","write-threshold":4096}""",
                """qom-set {"path":"/objects/iothread1","property":"poll-max-ns","value":5}""",
            ],
            twin.Told);

        var again = new Board(900, 4096, 5);
        await SettingsTransfer.ApplyAsync(source, Domain, CommandLine.Parse(["/qemu"]), again, CancellationToken.None);
        Assert.Empty(again.Told);
    }

    [Theory]
    [InlineData(4, 8, "thread-pool-min=4;thread-pool-max=8")]
    [InlineData(70, 80, "thread-pool-max=80;thread-pool-min=70")]
    [InlineData(0, 64, "")]
    [InlineData(0, 9, "thread-pool-max=9")]
    public void The_smallest_pool_is_never_above_the_largest_on_the_way(int min, int max, string expected)
    {
        var replays = SettingsTransfer.Differences(Pool(min, max), Pool(0, 64));
        Assert.All(replays, replay => Assert.Equal("/objects/iothread3", replay.Arguments["path"]!.GetValue<string>()));
        Assert.Equal(expected, string.Join(';', replays.Select(replay => $"{replay.Arguments["property"]}={replay.Arguments["value"]}")));
    }

    private static LiveSettings Pool(int min, int max) => new()
    {
        IoThreads = [new IoThreadValues("iothread3", new Dictionary<string, long> { ["thread-pool-min"] = min, ["thread-pool-max"] = max })],
    };

    [Fact]
    public async Task A_setting_that_does_not_take_refuses()
    {
        var source = await LiveSettings.ReadAsync(new Board(900, 4096, 5), CancellationToken.None);
        var refused = await Assert.ThrowsAsync<RefusedException>(() => SettingsTransfer.ApplyAsync(
            source, Domain, CommandLine.Parse(["/qemu"]), new Board(0, 0, 32768) { IsDeaf = true }, CancellationToken.None));
        Assert.Contains("SETTING_DIFF", refused.Message, StringComparison.Ordinal);
        Assert.Contains("4096 bytes", refused.Message, StringComparison.Ordinal);

        var angry = await Assert.ThrowsAsync<RefusedException>(() => SettingsTransfer.ApplyAsync(
            source, Domain, CommandLine.Parse(["/qemu"]), new Board(0, 0, 32768) { IsAngry = true }, CancellationToken.None));
        Assert.Contains("cannot be set", angry.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_value_that_only_one_version_knows_matters_only_when_the_source_has_it()
    {
        var source = await LiveSettings.ReadAsync(new Board(0, 0, 5), CancellationToken.None);
        var poorer = source with { IoThreads = [new IoThreadValues("iothread1", new Dictionary<string, long>())] };
        Assert.Single(source.MissingIn(poorer));
        Assert.Empty(poorer.MissingIn(source));
        Assert.False(source.IsSameAs(poorer));
        Assert.True(source.IsSameAs(await LiveSettings.ReadAsync(new Board(0, 0, 5), CancellationToken.None)));
    }

    /// <summary>A QEMU of one disk and one I/O thread.</summary>
    private sealed class Board(long limit, long threshold, long poll) : IQmpChannel
    {
        private long _limit = limit;
        private long _threshold = threshold;
        private long _poll = poll;

        internal bool IsDeaf { get; init; }

        internal bool IsAngry { get; init; }

        internal List<string> Told { get; } = [];

        public string Peer => "a board";

        public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
        {
            using var reply = JsonDocument.Parse(command switch
            {
                "query-block" => $$"""
                    [{"device":"","qdev":"sata0-0-0","removable":true},
                     {"device":"","qdev":"{{Disk}}","inserted":{"bps":{{_limit}},"bps_rd":0,"bps_max":{{2 * _limit}},"group":"gold"} }]
                    """,
                "query-named-block-nodes" => $$"""[{"node-name":"libvirt-1-storage","write_threshold":{{_threshold}}},{"node-name":"b","write_threshold":0}]""",
                "query-iothreads" => $$"""[{"id":"iothread1","thread-id":7,"poll-max-ns":{{_poll}},"poll-grow":0}]""",
                "qom-get" => throw new QmpException(Peer, command, "GenericError", "Property 'iothread.thread-pool-min' not found"),
                "query-dirty-rate" => """{"status":"unstarted"}""",
                _ => "{}",
            });
            if (!command.StartsWith("query-", StringComparison.Ordinal))
                Tell(command, arguments!);
            return Task.FromResult(reply.RootElement.Clone());
        }

        private void Tell(string command, JsonObject arguments)
        {
            if (IsAngry)
                throw new QmpException(Peer, command, "GenericError", "no");
            Told.Add($"{command} {arguments.ToJsonString()}");
            if (IsDeaf)
                return;
            if (command == "block_set_io_throttle")
                _limit = arguments["bps"]!.GetValue<long>();
            else if (command == "block-set-write-threshold")
                _threshold = arguments["write-threshold"]!.GetValue<long>();
            else
                _poll = arguments["value"]!.GetValue<long>();
        }
    }
}
