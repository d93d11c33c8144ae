using System.Diagnostics;
using System.Text;
using Serilog.Core;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Tests.Unit.Logging;

namespace VirtHandover.Tests.Unit.Libvirt.Daemon;

/// <summary>libvirt's daemon is stopped, kept away by its own lock, and started as it ran; in its place stands a process that ends as it is told.</summary>
public sealed class DaemonHoldTests
{
    private static readonly TimeSpan s_long = TimeSpan.FromMinutes(1);

    private readonly HeardLog _heard = new();

    [Fact(Timeout = 60_000)]
    public async Task It_is_asked_to_end_kept_away_and_started_as_it_ran()
    {
        using var daemon = await ObedientDaemon.Start();
        var environment = File.ReadAllText($"/proc/{daemon.Id}/environ");
        var before = Stopwatch.GetTimestamp();
        var hold = await DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, s_long, s_long, _heard.Log);
        Assert.True(daemon.EndedWell);
        Assert.InRange(hold.Since, before, Stopwatch.GetTimestamp());
        Assert.Equal(Environment.ProcessId, await LockHolder.SeenByOthers(daemon.Paths.DriverPidFile));
        Assert.False(hold.IsReleased);

        await hold.ReleaseAsync(CancellationToken.None);
        Assert.True(hold.IsReleased);
        var anew = Assert.NotNull(daemon.Holder);
        Assert.NotEqual(daemon.Id, anew);
        Assert.Equal(environment, File.ReadAllText($"/proc/{anew}/environ"));
        Assert.Contains(daemon.Paths.RunDirectory, Encoding.UTF8.GetString(File.ReadAllBytes($"/proc/{anew}/cmdline")).Split('\0'));
        Assert.Empty(_heard.Take());
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_does_not_end_is_killed_and_the_log_says_so()
    {
        using var daemon = await ObedientDaemon.Start();
        daemon.Deafen();
        var hold = await DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, TimeSpan.FromMilliseconds(50), TimeSpan.FromMilliseconds(100), _heard.Log);
        Assert.False(daemon.EndedWell);
        Assert.Contains("was killed; it is started again", Assert.Single(_heard.Take()).Text, StringComparison.Ordinal);
        hold.Drop();
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_is_just_starting_a_VM_is_waited_for()
    {
        using var daemon = await ObedientDaemon.Start("slowly");
        WriteStatus(daemon.Paths, "start");
        var taking = DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, TimeSpan.FromMilliseconds(1), s_long, _heard.Log);
        IReadOnlyList<HeardLog.Line> lines = [];
        Assert.True(SpinWait.SpinUntil(() => (lines = _heard.Take()).Count > 0, s_long));
        Assert.Contains("is just being started or migrated here; it is waited for", Assert.Single(lines).Text, StringComparison.Ordinal);
        Assert.False(taking.IsCompleted);
        daemon.LetEnd();
        (await taking).Drop();
        Assert.True(daemon.EndedWell);
    }

    [Fact(Timeout = 60_000)]
    public async Task A_VM_that_does_not_get_started_is_not_waited_for_for_ever()
    {
        using var daemon = await ObedientDaemon.Start("slowly");
        WriteStatus(daemon.Paths, "start");
        (await DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, TimeSpan.FromMilliseconds(1), TimeSpan.FromMilliseconds(50), _heard.Log)).Drop();
        Assert.False(daemon.EndedWell);
        Assert.Equal(["waited for", "was killed"], _heard.Take().Select(line => line.Text.Contains("waited for", StringComparison.Ordinal) ? "waited for" : "was killed"));
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_has_ended_is_not_stopped()
    {
        using var daemon = await ObedientDaemon.Start();
        var read = daemon.Read();
        daemon.Kill();
        var failure = await Assert.ThrowsAsync<LibvirtException>(() => DaemonHold.TakeAsync(read, daemon.Paths, s_long, s_long, Logger.None));
        Assert.Contains("ended before it was stopped", failure.Message, StringComparison.Ordinal);
        Assert.Null(daemon.Holder);
    }

    [Fact(Timeout = 60_000)]
    public async Task Another_that_takes_the_lock_first_runs_undisturbed()
    {
        using var daemon = await ObedientDaemon.Start();
        using var other = await ObedientDaemon.Start();
        // The one that ends is not the one that has this lock.
        var failure = await Assert.ThrowsAsync<LibvirtException>(() => DaemonHold.TakeAsync(daemon.Read(), other.Paths, s_long, s_long, Logger.None));
        Assert.Contains("Another libvirt daemon started in the moment", failure.Message, StringComparison.Ordinal);
        Assert.Equal(other.Id, other.Holder);
        Assert.False(other.EndedWell);
    }

    [Fact(Timeout = 60_000)]
    public async Task One_that_does_not_come_up_is_told_of_and_its_lock_is_free()
    {
        using var daemon = await ObedientDaemon.Start();
        var hold = await DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, s_long, s_long, Logger.None);
        daemon.Break();
        var failure = await Assert.ThrowsAsync<LibvirtException>(() => hold.ReleaseAsync(CancellationToken.None));
        Assert.Contains("ended at once with exit code 3", failure.Message, StringComparison.Ordinal);
        Assert.True(hold.IsReleased);
        Assert.Null(daemon.Holder);
        using var taken = FileLock.TryTake(daemon.Paths.DriverPidFile);
        Assert.NotNull(taken);
    }

    [Fact(Timeout = 60_000)]
    public async Task Without_a_daemon_its_lock_is_taken_and_none_is_started_that_this_handover_has_not_stopped()
    {
        using var daemon = await ObedientDaemon.Start();
        Assert.Null(DaemonHold.TryTakeIdle(null, daemon.Paths, Logger.None));
        var recipe = daemon.Read().Recipe;
        (await DaemonHold.TakeAsync(daemon.Read(), daemon.Paths, s_long, s_long, Logger.None)).Drop();

        var idle = DaemonHold.TryTakeIdle(null, daemon.Paths, Logger.None);
        Assert.NotNull(idle);
        await idle.ReleaseAsync(CancellationToken.None);
        Assert.Null(daemon.Holder);

        var stopped = DaemonHold.TryTakeIdle(recipe, daemon.Paths, Logger.None);
        Assert.NotNull(stopped);
        await stopped.ReleaseAsync(CancellationToken.None);
        Assert.NotNull(daemon.Holder);
    }

    private static void WriteStatus(LibvirtPaths paths, string job)
    {
        var text = Encoding.UTF8.GetString(File.ReadAllBytes(Path.Combine(Corpus.Directory, "status/good/libvirt-9.0-running.xml")))
            .Replace("<chardevStdioLogd/>", $"<chardevStdioLogd/><job type='none' async='{job}'/>", StringComparison.Ordinal);
        File.WriteAllText(paths.StatusFile(StatusFile.Parse("x.xml", Encoding.UTF8.GetBytes(text)).Name), text);
    }
}
