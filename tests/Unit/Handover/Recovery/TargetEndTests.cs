using System.Runtime.InteropServices;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

public sealed class TargetEndTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 120_000)]
    public async Task A_target_that_no_journal_names_is_found_while_it_becomes_QEMU()
    {
        // As nsenter, setpriv and prlimit do, one after the other: in the moment of an execve(2) a process has no command line.
        var program = _directory.Script("becomes", "[ \"$1\" -gt 3000 ] && exec sleep 60\nexec \"$0\" $(($1+1)) -uuid \"$3\"");
        var domain = Guid.NewGuid();
        for (var id = 1; id <= 100; id++)
        {
            var monitor = Path.Combine(_directory.Path, "monitor.sock");
            ProcessHandle target;
            using (SafeHandle socket = UnixSockets.Listen($"{monitor}.{id}"))
                target = ProcessSpawner.Spawn(program, [program, "0", "-uuid", domain.ToString()], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(socket, 3)]);
            using (target)
            {
                await TargetEnd.RunAsync(NamesNoTarget(id, domain, monitor));
                var ended = target.HasExited;
                target.Kill();
                Assert.True(target.WaitForExit(TimeSpan.FromSeconds(20)));
                _ = ProcessSpawner.Reap(target);
                Assert.True(ended, $"Target {id} was left.");
            }
        }
    }

    // A keeper that dies in Prepare leaves the old program's twin as well, which no journal ever names.
    [Fact(Timeout = 60_000)]
    public async Task The_old_program_s_twin_is_ended_by_its_monitor()
    {
        var program = _directory.Script("old-twin", "mkfifo \"$0.fifo\"\nread line < \"$0.fifo\"");
        var domain = Guid.NewGuid();
        var monitor = Path.Combine(_directory.Path, "monitor.sock");
        ProcessHandle twin;
        using (SafeHandle socket = UnixSockets.Listen(OldTwin.MonitorOf(monitor, 9)))
            twin = ProcessSpawner.Spawn(program, [program, "-uuid", domain.ToString()], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(socket, 3)]);
        using (twin)
        {
            await TargetEnd.RunAsync(NamesNoTarget(9, domain, monitor));
            Assert.True(twin.WaitForExit(TimeSpan.FromSeconds(20)));
            _ = ProcessSpawner.Reap(twin);
        }

        Assert.False(File.Exists(OldTwin.MonitorOf(monitor, 9)));
    }

    [Fact(Timeout = 30_000)]
    public async Task A_socket_of_this_name_that_is_somebody_else_s_holds_nothing_up_and_nobody_is_killed_for_it()
    {
        var monitor = Path.Combine(_directory.Path, "monitor.sock");
        using var forged = UnixSockets.Listen(monitor + ".7");
        await TargetEnd.RunAsync(NamesNoTarget(7, Guid.NewGuid(), monitor));
        Assert.False(File.Exists(monitor + ".7"));
    }

    private static HandoverTrace NamesNoTarget(long id, Guid domain, string monitor) => new(
        new JournalEntry.Opened(new HandoverRequest(id, domain, false, TimeSpan.Zero), "a", "b", new ProcessIdentity(1, 1), monitor, "/s") { At = DateTimeOffset.UnixEpoch },
        null, null, null, null, null, false, false, null);
}
