using System.Net.Sockets;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

public sealed class TargetEndTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly Socket _source = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

    public TargetEndTests() => _source.Bind(new UnixDomainSocketEndPoint(Monitor));

    public void Dispose()
    {
        _source.Dispose();
        _directory.Dispose();
    }

    [Fact(Timeout = 120_000)]
    public async Task A_target_that_no_journal_names_is_found_while_it_becomes_QEMU()
    {
        // As whatever enters the source's context does: in the moment of an execve(2) a process has no command line.
        var program = _directory.Script("becomes", "[ \"$1\" -gt 3000 ] && exec sleep 60\nexec \"$0\" $(($1+1))");
        for (var id = 1; id <= 100; id++)
        {
            using var monitors = MonitorPlace.Make(Monitor, id);
            var trace = NamesNoTarget(id, monitors);
            using var target = ProcessSpawner.Spawn(program, [program, "0"], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(monitors.NewSocket, 3)]);
            monitors.LetGo(MonitorPlace.New);
            monitors.LetGo(MonitorPlace.Old);
            await TargetEnd.RunAsync(trace);
            Reap(target, $"Target {id} was left.");
        }

        Assert.Equal(["becomes", "monitor.sock"], Directory.EnumerateFileSystemEntries(_directory.Path).Select(Path.GetFileName).Order(StringComparer.Ordinal));
    }

    // A keeper that dies in Prepare leaves the old program's twin as well, which no journal ever names.
    [Fact(Timeout = 60_000)]
    public async Task The_old_program_s_twin_is_ended_by_its_monitor()
    {
        using var monitors = MonitorPlace.Make(Monitor, 9);
        var trace = NamesNoTarget(9, monitors);
        using var twin = ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(monitors.OldSocket, 3)]);
        monitors.LetGo(MonitorPlace.Old);
        // Whoever owns the VM's directory can rename ours.
        Directory.Move(Path.Combine(_directory.Path, ".virt-handover.9"), Path.Combine(_directory.Path, "elsewhere"));
        await TargetEnd.RunAsync(trace);
        Reap(twin, "The twin was left.");
        Assert.Equal([Monitor], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact(Timeout = 60_000)]
    public async Task Whoever_has_a_socket_of_the_target_s_name_and_the_VM_s_UUID_is_neither_killed_nor_waited_for()
    {
        HandoverTrace trace;
        using (var monitors = MonitorPlace.Make(Monitor, 7))
            trace = NamesNoTarget(7, monitors);
        using var held = HeldDirectory.Open(_directory.Path);
        using var own = held.FindPrivate(".virt-handover.7");
        Assert.True(own!.Remove(MonitorPlace.New + ".7"));
        using var forged = own.Bind(MonitorPlace.New + ".7", 0x1fd);
        using var user = ProcessSpawner.Spawn(
            ProgramPath.Of("sh"), ["sh", "-c", "read x < /dev/zero", "-uuid", trace.Opened.Request.Domain.ToString()], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(forged, 3)]);
        var since = System.Diagnostics.Stopwatch.StartNew();
        await TargetEnd.RunAsync(trace);
        Assert.False(user.HasExited);
        // And without anything that tells which it is.
        await TargetEnd.RunAsync(trace with { Starting = null });
        Assert.False(user.HasExited);
        Assert.True(since.Elapsed < TimeSpan.FromSeconds(10));
        user.Kill();
        Reap(user, "");
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_whose_directory_is_gone_holds_nothing_up() =>
        await TargetEnd.RunAsync(Trace(3, "/nonexistent/monitor.sock"));

    private string Monitor => Path.Combine(_directory.Path, "monitor.sock");

    private HandoverTrace NamesNoTarget(long id, MonitorPlace monitors) => Trace(id, Monitor) with { Starting = monitors.Entry(DateTimeOffset.UnixEpoch) };

    private static HandoverTrace Trace(long id, string monitor) => new(
        new JournalEntry.Opened(new HandoverRequest(id, Guid.NewGuid(), false, TimeSpan.Zero), "a", "b", new ProcessIdentity(1, 1), monitor, "/s") { At = DateTimeOffset.UnixEpoch },
        null, null, null, null, null, false, false, null);

    private static void Reap(ProcessHandle process, string otherwise)
    {
        var ended = process.WaitForExit(TimeSpan.FromSeconds(20));
        process.Kill();
        _ = process.WaitForExit(TimeSpan.FromSeconds(20));
        _ = ProcessSpawner.Reap(process);
        Assert.True(ended, otherwise);
    }
}
