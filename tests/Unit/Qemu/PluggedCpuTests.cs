using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>vCPUs that were plugged: from QEMU's account to what makes them again.</summary>
public sealed class PluggedCpuTests
{
    [Fact]
    public async Task Plugged_vCPUs_are_plugged_again_in_their_places_and_in_their_order()
    {
        // QEMU 7.2, -smp 1,maxcpus=4 and two vCPUs plugged by libvirt 9.0.
        var qmp = new Answer(
            """
            [{"props":{"core-id":0,"thread-id":0,"socket-id":3},"vcpus-count":1,"type":"qemu64-x86_64-cpu"},
             {"props":{"core-id":0,"thread-id":0,"socket-id":2},"vcpus-count":1,"qom-path":"/machine/peripheral/vcpu2","type":"qemu64-x86_64-cpu"},
             {"props":{"core-id":0,"thread-id":0,"socket-id":1,"node-id":1},"vcpus-count":1,"qom-path":"/machine/peripheral/vcpu1","type":"qemu64-x86_64-cpu"},
             {"props":{"core-id":0,"thread-id":0,"socket-id":0},"vcpus-count":1,"qom-path":"/machine/unattached/device[0]","type":"qemu64-x86_64-cpu"}]
            """,
            """
            [{"cpu-index":0,"thread-id":10,"qom-path":"/machine/unattached/device[0]"},
             {"cpu-index":2,"thread-id":11,"qom-path":"/machine/peripheral/vcpu2"},
             {"cpu-index":1,"thread-id":12,"qom-path":"/machine/peripheral/vcpu1"}]
            """);
        var cpus = await PluggedCpu.ReadAsync(
            qmp, new Dictionary<string, string> { ["vcpu1"] = "qemu64-x86_64-cpu", ["vcpu2"] = "qemu64-x86_64-cpu", ["net0"] = "e1000" }, CancellationToken.None);
        Assert.Equal(
            [
                """{"driver":"qemu64-x86_64-cpu","id":"vcpu2","core-id":0,"thread-id":0,"socket-id":2}""",
                """{"driver":"qemu64-x86_64-cpu","id":"vcpu1","core-id":0,"thread-id":0,"socket-id":1,"node-id":1}""",
            ],
            cpus.Select(cpu => cpu.Arguments.ToJsonString()));
    }

    [Fact]
    public async Task A_QEMU_without_one_is_not_even_asked() =>
        Assert.Empty(await PluggedCpu.ReadAsync(new Answer("broken"), new Dictionary<string, string> { ["net0"] = "e1000" }, CancellationToken.None));

    [Theory]
    [InlineData("{}")]
    [InlineData("[{}, 7]")]
    [InlineData("""[{"qom-path":"/machine/peripheral/vcpu1","type":"x-cpu","props":7}]""")]
    public async Task An_answer_that_is_none_is_named(string answer) => await Assert.ThrowsAsync<QmpProtocolException>(
        () => PluggedCpu.ReadAsync(new Answer(answer), new Dictionary<string, string> { ["vcpu1"] = "x-cpu" }, CancellationToken.None));

    private sealed class Answer(string slots, string running = "[]") : IQmpChannel
    {
        public string Peer => "test";

        public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
        {
            Assert.Contains(command, (string[])["query-hotpluggable-cpus", "query-cpus-fast"]);
            return Task.FromResult(JsonDocument.Parse(command == "query-cpus-fast" ? running : slots).RootElement);
        }
    }
}
