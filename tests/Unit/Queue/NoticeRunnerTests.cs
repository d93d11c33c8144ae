using Serilog.Core;
using VirtHandover.Contract;
using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Real programs, told by a real queue.</summary>
public sealed class NoticeRunnerTests : IAsyncLifetime, IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly World _world;
    private readonly NoticeRunner _notices;
    private Task _work = Task.CompletedTask;

    public NoticeRunnerTests()
    {
        _world = new World(_directory.Path, PolicyMode.Ask);
        Directory.CreateDirectory(Programs);
        _notices = new NoticeRunner(new NoticePrograms(Programs, Logger.None), _world.Queue);
    }

    private string Programs => Path.Combine(_directory.Path, "notify.d");

    private string Told => Path.Combine(_directory.Path, "told");

    public Task InitializeAsync()
    {
        _work = _notices.RunAsync(_stop.Token);
        return Task.CompletedTask;
    }

    public async Task DisposeAsync()
    {
        await _stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _work);
    }

    public void Dispose()
    {
        _notices.Dispose();
        _world.Dispose();
        _stop.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task They_are_told_what_waits_what_is_done_what_failed_and_that_the_queue_pauses()
    {
        Install("10-tell", $"""printf '%s|%s|%s|%s|%s\n' "$1" "$VIRT_HANDOVER_OUTCOME" "$VIRT_HANDOVER_PAUSE_US" "$VIRT_HANDOVER_NAMES" "$VIRT_HANDOVER_SENTENCE" | tr '\n' ' ' >> {Told}; echo >> {Told}""");
        _world.Scan(assess: true);
        await UntilTold("pending|||vm-0 vm-1 vm-2|3 VMs wait for approval: vm-0, vm-1, vm-2. See: virt-handover list --filter state:pending ");

        _world.Queue.Approve(Sample.Id(0), "root");
        var done = _world.Queue.TakeNext()!;
        _world.Queue.End(Sample.Report(done.Id, 0, HandoverOutcome.Done), null);
        await UntilTold("done|done|22000|vm-0|It ended Done. ");

        var rehearsal = _world.Queue.Run(Sample.Id(2), rehearse: true, "root");
        _world.Queue.TakeNext();
        _world.Queue.End(Sample.Report(rehearsal, 2, HandoverOutcome.Undone), null);
        _world.Queue.Approve(Sample.Id(1), "root");
        var failed = _world.Queue.TakeNext()!;
        _world.Queue.End(Sample.Report(failed.Id, 1, HandoverOutcome.Undone), null);
        await UntilTold("failed|undone|22000|vm-1|It ended Undone. ");
        await UntilTold("paused||||The queue was paused because the handover of vm-1 failed: It ended Undone. Look at the reason, then let the others go on: virt-handover queue resume ");
        Assert.Single(await File.ReadAllLinesAsync(Told), line => line.StartsWith("failed", StringComparison.Ordinal));
    }

    [Fact(Timeout = 60_000)]
    public async Task Only_programs_that_root_alone_can_write_are_run_and_one_that_fails_keeps_nobody_from_it()
    {
        Install("01-writable", $"echo writable >> {Told}", mode: "702");
        Install("02-leftover.rpmsave", $"echo leftover >> {Told}");
        Install("03-not-executable", $"echo not >> {Told}");
        File.SetUnixFileMode(Path.Combine(Programs, "03-not-executable"), UnixFileMode.UserRead);
        Install("04-fails", $"echo fails >> {Told}; exit 1");
        Install("05-no-interpreter", "", shebang: "#!/nowhere");
        Install("06-last", $"echo last >> {Told}");
        _world.Scan(assess: true);
        await UntilTold("last");
        Assert.Equal(["fails", "last"], await File.ReadAllLinesAsync(Told));
    }

    private void Install(string name, string script, string mode = "700", string shebang = "#!/bin/sh") =>
        Executable.Write(Path.Combine(Programs, name), $"{shebang}\n{script}\n", mode);

    private async Task UntilTold(string line)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while (!File.Exists(Told) || !(await File.ReadAllLinesAsync(Told, limit.Token)).Contains(line))
        {
            Assert.False(limit.IsCancellationRequested, File.Exists(Told) ? await File.ReadAllTextAsync(Told) : "nothing was told");
            await Task.Delay(20);
        }
    }
}
