using System.Diagnostics;
using System.Globalization;
using Serilog.Core;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

/// <summary>Handovers that broke off while libvirt was away, as its next start finds them (the gate): each VM comes to its end, or out of libvirt's sight.</summary>
public sealed class GroupEndingTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly LibvirtPaths _paths;
    private readonly List<HandoverJournal> _journals = [];
    private readonly List<SmallQemu> _qemus = [];

    public GroupEndingTests()
    {
        _paths = new LibvirtPaths { RunDirectory = Path.Combine(_directory.Path, "run"), ConfigDirectory = Path.Combine(_directory.Path, "etc") };
        Directory.CreateDirectory(_paths.StatusDirectory);
        Directory.CreateDirectory(_paths.ConfigDirectory);
    }

    public void Dispose()
    {
        _qemus.ForEach(qemu => qemu.Dispose());
        _journals.ForEach(journal => journal.Dispose());
        _directory.Dispose();
    }

    [Fact(Timeout = 60_000)]
    public async Task Guests_that_were_paused_go_on_in_the_source_when_their_targets_have_ended()
    {
        var sources = new[] { await Start("a"), await Start("b") };
        using var target = ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], []);
        var ending = Ending(TimeSpan.FromMinutes(1), Broken(1, "a", sources[0], target), Broken(2, "b", sources[1]));
        Assert.Null(await ending.TryAsync());
        Assert.True(target.HasExited);
        _ = ProcessSpawner.Reap(target);
        Assert.All(sources, source => Assert.True(source.WasContinued));
        Assert.Equal([(1L, HandoverOutcome.Undone), (2L, HandoverOutcome.Undone)], ending.Reports.Select(report => (report.Id, report.Outcome)));
        Assert.Equal("VM a runs on the old QEMU; libvirt manages it. (It broke off.)", ending.Reports[0].Sentence);
        Assert.True(ending.Reports[0].PauseMicroseconds > 0);
        AssertOver(1, 2);
        Assert.Equal(0, await LockHolder.SeenByOthers(_paths.DriverPidFile));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_does_not_answer_holds_no_guest_up_and_libvirt_stays_away_until_its_time_is_over()
    {
        var (mute, other) = (await Start("a", "mute"), await Start("b"));
        var broken = new[] { Broken(1, "a", mute), Broken(2, "b", other) };
        var ending = Ending(TimeSpan.FromSeconds(3), broken);
        var obstacle = await ending.TryAsync();
        Assert.Equal("a", obstacle?.Trace.Opened.Name);
        Assert.True(other.WasContinued);
        Assert.False(mute.WasContinued);
        Assert.Equal(Environment.ProcessId, await LockHolder.SeenByOthers(_paths.DriverPidFile));
        Assert.False(broken[1].Trace.IsHidden);

        while (!ending.Limit.IsUp || obstacle is not null)
            obstacle = await ending.TryAsync();
        Assert.Equal([HandoverOutcome.Stranded, HandoverOutcome.Undone], ending.Reports.Select(report => report.Outcome));
        Assert.Contains(mute.Identity.ProcessId.ToString(CultureInfo.InvariantCulture), ending.Reports[0].Sentence, StringComparison.Ordinal);
        Assert.True(broken[0].Trace.IsHidden);
        Assert.False(File.Exists(_paths.StatusFile("a")));
        Assert.True(File.Exists(_paths.StatusFile("b")));
        // Its processes are left as they are.
        Assert.False(mute.HasExited);
        AssertOver(1, 2);
        Assert.Equal(0, await LockHolder.SeenByOthers(_paths.DriverPidFile));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_whose_QEMU_cannot_open_its_disks_stands_still_in_libvirt_s_sight()
    {
        var source = await Start("a", "refuses");
        var broken = Broken(1, "a", source);
        var ending = Ending(TimeSpan.FromMinutes(1), broken);
        Assert.Null(await ending.TryAsync());
        Assert.Equal(HandoverOutcome.Stranded, ending.Reports[0].Outcome);
        Assert.Contains("continue it with 'virsh resume a'", ending.Reports[0].Sentence, StringComparison.Ordinal);
        Assert.False(broken.Trace.IsHidden);
        AssertOver(1);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_has_died_meanwhile_is_told_of_and_its_target_ends()
    {
        var source = await Start("a");
        using var target = ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], []);
        var broken = Broken(1, "a", source, target);
        source.Kill();
        var ending = Ending(TimeSpan.FromMinutes(1), broken);
        Assert.Null(await ending.TryAsync());
        Assert.True(target.HasExited);
        _ = ProcessSpawner.Reap(target);
        Assert.Equal(HandoverOutcome.Stranded, ending.Reports[0].Outcome);
        Assert.Contains("The old QEMU of VM a died by itself", ending.Reports[0].Sentence, StringComparison.Ordinal);
        Assert.Equal(0, ending.Reports[0].PauseMicroseconds);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_libvirt_was_not_stopped_for_is_left_as_it_is()
    {
        var source = await Start("a");
        var ending = Ending(TimeSpan.FromMinutes(1), Broken(1, "a", source, null, quiesced: false));
        Assert.Null(await ending.TryAsync());
        Assert.False(source.WasContinued);
        Assert.Equal("VM a runs on the old QEMU; it was not touched. (It broke off.)", ending.Reports[0].Sentence);
    }

    private async Task<SmallQemu> Start(string name, string manner = "answers")
    {
        var qemu = await SmallQemu.Start(Path.Combine(_directory.Path, name + ".sock"), manner);
        _qemus.Add(qemu);
        return qemu;
    }

    private GroupEnding Ending(TimeSpan limit, params BrokenHandover[] broken)
    {
        var end = Stopwatch.GetTimestamp() + (long)(limit.TotalSeconds * Stopwatch.Frequency);
        return new GroupEnding(broken, new LibvirtAway(null, DaemonReturn.Awaited, Logger.None, _paths), new OutageLimit(end, end));
    }

    private BrokenHandover Broken(long id, string name, SmallQemu source, ProcessHandle? target = null, bool quiesced = true)
    {
        var at = TimeProvider.System.GetUtcNow().AddSeconds(-2);
        File.WriteAllText(_paths.StatusFile(name), $"<domstatus><domain><name>{name}</name></domain></domstatus>");
        var journal = HandoverJournal.TryOpen(Path.Combine(_directory.Path, "journal"), id)!;
        _journals.Add(journal);
        journal.Write(new JournalEntry.Opened(
            new HandoverRequest(id, Guid.NewGuid(), false, TimeSpan.Zero), name, HostBoot.Id, source.Identity, source.Monitor, _paths.StatusFile(name))
        { At = at });
        if (target is not null)
            journal.Write(new JournalEntry.TargetStarted(target.Identity, source.Monitor + ".new", RamMethod.Shared) { At = at });
        if (quiesced)
        {
            journal.Write(new JournalEntry.Quiescing(new DaemonRecipe([], "/nonexistent", ["d"], [])) { At = at });
            journal.Write(new JournalEntry.Pausing(true, [], []) { At = at.AddSeconds(1) });
        }

        return new BrokenHandover(journal, "It broke off.");
    }

    private void AssertOver(params long[] ids)
    {
        foreach (var id in ids)
            Assert.NotNull(HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(Path.Combine(_directory.Path, "journal"), id)))?.Report);
    }
}
