using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Handover;
using VirtHandover.Handover.Phases;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Phases;

/// <summary>A guest goes on after an undo if the handover had stopped it, and stays as it is if it has stopped itself.</summary>
public sealed class SourceRevivalTests
{
    [Theory]
    [InlineData("paused", true)]
    [InlineData("postmigrate", true)]
    [InlineData("finish-migrate", true)]
    [InlineData("running", false)]
    [InlineData("internal-error", false)]
    [InlineData("guest-panicked", false)]
    [InlineData("io-error", false)]
    [InlineData("watchdog", false)]
    [InlineData("shutdown", false)]
    [InlineData("suspended", false)]
    public async Task Only_a_guest_that_the_handover_stopped_is_continued(string state, bool continued)
    {
        var source = new OneState(state);
        await SourceRevival.RunAsync(source, wasRunning: true, [], settings: null);
        Assert.Equal(continued, source.WasContinued);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_migration_that_does_not_end_is_a_failure_with_a_name()
    {
        var failure = await Assert.ThrowsAsync<HandoverException>(() => SourceRevival.RunAsync(new OneState("paused", "cancelling"), true, [], null));
        Assert.Contains("does not cancel its migration", failure.Message, StringComparison.Ordinal);
    }

    private sealed class OneState(string state, string migration = "none") : IQmpChannel
    {
        public string Peer => "the source of VM a";

        public bool WasContinued { get; private set; }

        public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
        {
            WasContinued |= command == "cont";
            var reply = command switch
            {
                "query-status" => $$"""{"status":"{{state}}","running":{{(state == "running" ? "true" : "false")}}}""",
                "query-migrate" => $$"""{"status":"{{migration}}"}""",
                _ => "{}",
            };
            return Task.FromResult(JsonDocument.Parse(reply).RootElement);
        }
    }
}
