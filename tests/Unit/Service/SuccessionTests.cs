using Microsoft.Extensions.Time.Testing;
using VirtHandover.Service;
using VirtHandover.Tests.Unit.Queue;

namespace VirtHandover.Tests.Unit.Service;

public sealed class SuccessionTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly FakeTimeProvider _time = new();
    private readonly FakeTransaction _transaction = new();
    private volatile bool _rests = true;

    private string Installed => Path.Combine(_directory.Path, "virt-handoverd");

    // What /proc/self/exe is: the file that runs, whatever has become of its name.
    private string Running => Path.Combine(_directory.Path, "running");

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task It_ends_when_another_build_is_there_nothing_runs_and_the_package_manager_has_finished()
    {
        Install("one");
        await Link();
        var ended = Start();
        await Steps(ended, false);

        _rests = false;
        _transaction.Running = true;
        Install("two");
        await Steps(ended, false);
        _rests = true;
        await Steps(ended, false);
        _transaction.Running = false;
        await Steps(ended, true);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_program_that_was_removed_has_no_successor()
    {
        Install("one");
        await Link();
        File.Delete(Installed);
        await Steps(Start(), false);
    }

    [Fact(Timeout = 60_000)]
    public async Task It_ends_with_the_service()
    {
        Install("one");
        await Link();
        using var stop = new CancellationTokenSource();
        var ended = new Succession(Running, Installed, _transaction, () => _rests, _time).WaitAsync(stop.Token);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => ended);
    }

    private Task Start() => new Succession(Running, Installed, _transaction, () => _rests, _time).WaitAsync(CancellationToken.None);

    // As package managers do it: a new file takes the name of the old one.
    private void Install(string content)
    {
        Executable.Write(Installed + ".new", content);
        File.Move(Installed + ".new", Installed, overwrite: true);
    }

    private async Task Link()
    {
        using var ln = System.Diagnostics.Process.Start("ln", [Installed, Running]);
        await ln.WaitForExitAsync();
        Assert.Equal(0, ln.ExitCode);
    }

    // Each step runs the loop's next look before Advance returns: nothing in it waits for anything but this clock.
    private async Task Steps(Task ended, bool expected)
    {
        for (var i = 0; i < 3; i++)
            _time.Advance(Succession.Interval);
        if (expected)
            await ended;
        else
            Assert.False(ended.IsCompleted);
    }
}
