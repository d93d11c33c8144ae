using Serilog.Core;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public sealed class FleetHoldTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly World _world;

    public FleetHoldTests() => _world = new World(_directory.Path, PolicyMode.Ask);

    public void Dispose()
    {
        _world.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 30_000)]
    public async Task A_file_holds_while_it_exists()
    {
        var file = Path.Combine(_directory.Path, "hold");
        using var hold = Hold(new QueueOptions { HoldFile = file });
        Assert.Equal("", await ReasonAsync(hold));
        await File.WriteAllTextAsync(file, "");
        Assert.Equal($"The fleet is held: {file} exists (HoldFile=); handovers go on when it is removed.", await ReasonAsync(hold));
        File.Delete(file);
        Assert.Equal("", await ReasonAsync(hold));
    }

    [Theory(Timeout = 30_000)]
    [InlineData(20, "true", "")]
    [InlineData(20, "exit 3", "HoldCommand= ended with exit code 3. Handovers")]
    [InlineData(20, "echo 2 alerts fire; echo more; false", "HoldCommand= ended with exit code 1: 2 alerts fire. Handovers")]
    [InlineData(20, "printf 'a\\033[31mb' >&2; false", "exit code 1: a\\u001B[31mb. Handovers")]
    [InlineData(20, "/nowhere/at/all", "HoldCommand= ended with exit code 127")]
    [InlineData(20, "kill -9 $$", "HoldCommand= ended with exit code 137")]
    [InlineData(2, "sleep 100", "HoldCommand= gave no answer: it did not end within 2 s. Handovers")]
    [InlineData(2, "yes", "HoldCommand= gave no answer: it did not end within 2 s. Handovers")]
    public async Task A_command_holds_unless_it_succeeds_in_time(int limit, string command, string reason)
    {
        using var hold = Hold(new QueueOptions { HoldCommand = command, HoldTimeout = TimeSpan.FromSeconds(limit) });
        var said = await ReasonAsync(hold);
        Assert.Contains(reason, said, StringComparison.Ordinal);
        Assert.Equal(reason.Length == 0, said.Length == 0);
        Assert.DoesNotContain(said, char.IsControl);
    }

    [Fact(Timeout = 30_000)]
    public async Task What_is_approved_starts_when_the_hold_is_over()
    {
        var file = Path.Combine(_directory.Path, "hold");
        await File.WriteAllTextAsync(file, "");
        var options = new QueueOptions { HoldFile = file, HoldInterval = TimeSpan.FromMilliseconds(20) };
        await using var loops = new Loops(
            Path.Combine(_directory.Path, "loops.db"), PolicyMode.Auto, new FakeDetector { Domains = [Sample.Domain(0)] }, options: options);
        await loops.UntilAsync(() => loops.Queue.Snapshot() is { QueueState: "held" } && loops.WordOf(0) == "approved");
        Assert.False(loops.Runner.HasStarted);
        File.Delete(file);
        Assert.Equal(Sample.Id(0), (await loops.Runner.StartedAsync()).Request.Domain);
    }

    private FleetHold Hold(QueueOptions options) => new(options, new HoldProbe(options), _world.Queue, TimeProvider.System, Logger.None);

    private async Task<string> ReasonAsync(FleetHold hold)
    {
        await hold.CheckAsync(CancellationToken.None);
        return _world.Queue.Snapshot().QueueReason;
    }
}
