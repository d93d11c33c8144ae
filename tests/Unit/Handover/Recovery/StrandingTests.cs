using System.Runtime.InteropServices;
using CliWrap;
using CliWrap.Buffered;
using Serilog.Core;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Unit.Tui.Support;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

/// <summary>A VM that is taken out of libvirt's sight, and comes back into it.</summary>
public sealed class StrandingTests : IDisposable
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly Guid Domain = Guid.Parse("8f4d2f65-3d0c-4f0e-9a4f-3a4b3c2d1e0f");

    private readonly TemporaryDirectory _directory = new();
    private readonly LibvirtPaths _paths;
    private readonly string _status;
    private readonly string _content;

    public StrandingTests()
    {
        _paths = new LibvirtPaths { RunDirectory = Made("run"), ConfigDirectory = Made("etc") };
        _status = Path.Combine(Made("run/qemu"), "a.xml");
        _content = $"<domstatus state='running' reason='booted' pid='1'><domain type='kvm'><name>a</name><uuid>{Domain}</uuid><os><type>hvm</type></os><devices/></domain></domstatus>";
        File.WriteAllText(_status, _content);
    }

    private string Hook => Path.Combine(_paths.ConfigDirectory, "hooks", "qemu.d", $"virt-handover-{Domain}");

    private string Journals => Path.Combine(_directory.Path, "journal");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public async Task It_is_hidden_and_put_back_as_it_was()
    {
        var stranding = new Stranding(_paths);
        using var journal = Begun();
        Assert.False(Trace().IsHidden);
        Assert.Null(stranding.Hide(Trace()));
        Assert.True(Trace().IsHidden);
        Assert.False(File.Exists(_status));
        Assert.True(File.Exists(Hook));
        Assert.Equal([1L], stranding.Hidden(Journals).Select(one => one.Id));
        // Once more, as somebody would who comes after one that died in the middle of it.
        Assert.Null(stranding.Hide(Trace()));
        Assert.True(Trace().IsHidden);

        await stranding.PutBackAsync(Trace());
        Assert.False(Trace().IsHidden);
        Assert.Equal(_content, File.ReadAllText(_status));
        Assert.False(File.Exists(Hook));
        Assert.Empty(stranding.Hidden(Journals));
        Assert.Equal([_status], Directory.EnumerateFiles(Path.GetDirectoryName(_status)!));
    }

    [Fact]
    public async Task What_libvirt_has_of_a_VM_that_runs_anew_is_not_written_over()
    {
        var stranding = new Stranding(_paths);
        using var journal = Begun();
        _ = stranding.Hide(Trace());
        File.WriteAllText(_status, "newer");
        await stranding.PutBackAsync(Trace());
        Assert.Equal("newer", File.ReadAllText(_status));
        Assert.False(Trace().IsHidden);
    }

    [Fact]
    public void Without_a_place_for_the_hook_the_warning_says_what_is_left()
    {
        File.WriteAllText(Path.Combine(_paths.ConfigDirectory, "hooks"), "in the way");
        using var journal = Begun();
        var warning = new Stranding(_paths).Hide(Trace());
        Assert.StartsWith("Nothing but the locks of its images keeps libvirt from starting it", warning, StringComparison.Ordinal);
        Assert.True(Trace().IsHidden);
        Assert.Contains(warning!, Stranding.Sentence(Trace(), "Why.", warning), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("prepare", true)]
    [InlineData("start", true)]
    [InlineData("migrate", true)]
    [InlineData("restore", true)]
    // Not 0 here would end a VM that libvirt takes over again.
    [InlineData("reconnect", false)]
    [InlineData("release", false)]
    [InlineData("stopped", false)]
    public async Task The_hook_refuses_its_VM_as_long_as_a_process_of_it_lives(string operation, bool refuses)
    {
        using var journal = Begun();
        _ = new Stranding(_paths).Hide(Trace());
        var said = await RunHook(operation, _content);
        Assert.Equal(refuses ? 1 : 0, said.ExitCode);
        if (refuses)
            Assert.Contains($"it runs as process {Environment.ProcessId}", said.StandardError, StringComparison.Ordinal);
        Assert.Empty(said.StandardOutput);
        Assert.Equal(0, (await RunHook(operation, _content.Replace("8f4d", "8f4e", StringComparison.Ordinal))).ExitCode);
    }

    [Fact]
    public async Task The_hook_lets_start_what_has_ended_or_ran_before_the_host_was_started_anew()
    {
        var ended = new ProcessIdentity(4_194_304, 1);
        using var journal = Begun();
        _ = new Stranding(_paths).Hide(Trace() with { Opened = Opened() with { Source = ended } });
        Assert.Equal(0, (await RunHook("prepare", _content)).ExitCode);
        _ = new Stranding(_paths).Hide(Trace() with { Opened = Opened() with { Boot = "another" } });
        Assert.Equal(0, (await RunHook("prepare", _content)).ExitCode);
    }

    [Fact]
    public void What_another_boot_has_left_among_the_hooks_is_taken_away()
    {
        using var journal = Begun();
        _ = new Stranding(_paths).Hide(Trace());
        new StartGuard(_paths).Sweep();
        Assert.True(File.Exists(Hook));
        _ = new Stranding(_paths).Hide(Trace() with { Opened = Opened() with { Boot = "another" } });
        new StartGuard(_paths).Sweep();
        Assert.False(File.Exists(Hook));
    }

    [Fact]
    public async Task Its_journal_is_over_until_it_is_tried_again_and_is_kept_as_long_as_it_is_hidden()
    {
        using (var journal = Begun())
        {
            _ = new Stranding(_paths).Hide(Trace());
            Assert.EndsWith(".xml.virt-handover-1", Trace().HiddenStatusPath, StringComparison.Ordinal);
            Assert.Equal([1L], HandoverJournal.Unfinished(Journals));
            journal.Close(Report, At);
            Assert.Empty(HandoverJournal.Unfinished(Journals));
            Assert.Equal(HandoverOutcome.Stranded, Trace().Report?.Outcome);
            HandoverJournal.Prune(Journals, 0);
            Assert.True(File.Exists(HandoverJournal.FileName(Journals, 1)));
            journal.Write(new JournalEntry.Reopened { At = At });
            Assert.Equal([1L], HandoverJournal.Unfinished(Journals));
            Assert.Null(Trace().Report);
            journal.Close(Report, At);
        }

        Assert.Empty(HandoverJournal.Open(Journals));
        await new Stranding(_paths).ForgetAsync(Trace());
        HandoverJournal.Prune(Journals, 0);
        Assert.False(File.Exists(HandoverJournal.FileName(Journals, 1)));
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_is_not_stranded_cannot_be_settled()
    {
        var vms = new StrandedVms(Journals, _paths);
        Assert.Empty(vms.Names);
        var refusal = await Assert.ThrowsAsync<SettlementException>(() => vms.SettleAsync("a", false, new AlarmSink(Assert.Fail), Logger.None, CancellationToken.None));
        Assert.Equal("No VM a is out of libvirt's sight, and no other either.", refusal.Message);
    }

    [Fact(Timeout = 60_000)]
    public async Task Who_has_ended_is_forgotten()
    {
        using (var journal = Begun(Opened() with { Source = new ProcessIdentity(4_194_304, 1), MonitorPath = Path.Combine(_directory.Path, "monitor") }))
        {
            _ = new Stranding(_paths).Hide(Trace());
            journal.Close(Report, At);
        }

        var vms = new StrandedVms(Journals, _paths);
        Assert.Equal(["a"], vms.Names);
        var (domain, sentence) = await vms.SettleAsync(Domain.ToString(), false, new AlarmSink(Assert.Fail), Logger.None, CancellationToken.None);
        Assert.Equal(Domain, domain);
        Assert.StartsWith("VM a has ended", sentence, StringComparison.Ordinal);
        Assert.Empty(vms.Names);
    }

    [Fact(Timeout = 60_000)]
    public async Task Images_are_locked_as_long_as_their_VM_is_hidden_and_alive()
    {
        var image = Path.Combine(_directory.Path, "disk");
        Strand(image);
        using var disks = new StrandedDisks(Journals, _paths);
        Assert.True(IsFree(image));
        disks.Look();
        await Eventually.TrueAsync(() => !IsFree(image), () => "Not so: the image is locked.");
        disks.Look();
        Assert.False(IsFree(image));
        // Who puts it back waits until they are free.
        var back = new Stranding(_paths).PutBackAsync(Trace());
        Assert.False(back.IsCompleted);
        disks.Look();
        await back;
        Assert.True(IsFree(image));
    }

    // As on a server that does not answer.
    [Fact(Timeout = 60_000)]
    public async Task An_image_that_hangs_keeps_no_other_from_being_held_and_nobody_from_ending()
    {
        string[] images = [Path.Combine(_directory.Path, "hangs"), Path.Combine(_directory.Path, "disk")];
        Strand(images);
        using var answer = new ManualResetEventSlim();
        using (var disks = new StrandedDisks(Journals, _paths) { Lock = Take })
        {
            disks.Look();
            await Eventually.TrueAsync(() => !IsFree(images[1]), () => "Not so: the other image is locked.");
            Assert.True(IsFree(images[0]));
        }

        await Eventually.TrueAsync(() => IsFree(images[1]), () => "The other image is still locked.");
        // The marks go with the last one.
        Assert.Null(Stranding.TryMarkHeld(Trace()));
        answer.Set();
        await Eventually.TrueAsync(() => Stranding.TryMarkHeld(Trace()) is { } mark && Disposed(mark), () => "Not so: nothing is held.");
        Assert.True(IsFree(images[0]));

        IDisposable? Take(string path)
        {
            if (path == images[0])
                answer.Wait();
            return ImageLock.TryTake(path);
        }
    }

    [Fact(Timeout = 60_000)]
    public async Task An_image_that_somebody_has_for_a_moment_is_held_afterwards()
    {
        var image = Path.Combine(_directory.Path, "disk");
        Strand(image);
        var times = 0;
        using var disks = new StrandedDisks(Journals, _paths) { Lock = path => ++times == 1 ? null : ImageLock.TryTake(path) };
        await Eventually.TrueAsync(
            () =>
            {
                disks.Look();
                return !IsFree(image);
            },
            () => "The image is not held.");
        Assert.Equal(2, times);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("fifo")]
    [InlineData("directory")]
    public void What_is_no_image_is_not_opened(string what)
    {
        var path = Path.Combine(_directory.Path, what);
        if (what == "directory")
            Directory.CreateDirectory(path);
        else if (what == "fifo")
        {
            using var mkfifo = System.Diagnostics.Process.Start("mkfifo", [path]);
            mkfifo.WaitForExit();
        }

        Assert.Null(ImageLock.TryTake(path));
    }

    /// <summary>Has the VM with these images out of libvirt's sight.</summary>
    private void Strand(params string[] images)
    {
        foreach (var image in images)
            File.WriteAllText(image, "x");
        var list = string.Concat(images.Select((image, at) => $"<disk type='file' device='disk'><source file='{image}'/><target dev='vd{(char)('a' + at)}'/></disk>"));
        File.WriteAllText(_status, _content.Replace("<devices/>", $"<devices>{list}</devices>", StringComparison.Ordinal));
        using var journal = Begun();
        _ = new Stranding(_paths).Hide(Trace());
        journal.Close(Report, At);
    }

    private static bool Disposed(SafeHandle one)
    {
        one.Dispose();
        return true;
    }

    private static HandoverReport Report => new() { Id = 1, Domain = Domain, Name = "a", Outcome = HandoverOutcome.Stranded, Sentence = "It is stranded.", StartedAt = At };

    // Asks, and takes nothing: what is asked about is tried once.
    private static bool IsFree(string path) => !FileLock.IsInUse(path);

    private async Task<BufferedCommandResult> RunHook(string operation, string xml) => await Cli.Wrap(Hook)
        .WithArguments(["a", operation, "begin", "-"]).WithStandardInputPipe(PipeSource.FromString(xml)).WithValidation(CommandResultValidation.None).ExecuteBufferedAsync();

    private JournalEntry.Opened Opened() => new(
        new HandoverRequest(1, Domain, false, TimeSpan.Zero), "a", HostBoot.Id, ProcessIdentity.Read(ProcRoot.Host, Environment.ProcessId), "/m", _status)
    { At = At };

    private HandoverJournal Begun(JournalEntry.Opened? opened = null)
    {
        var journal = HandoverJournal.TryOpen(Journals, 1)!;
        journal.Write(opened ?? Opened());
        return journal;
    }

    private HandoverTrace Trace() => HandoverTrace.Of(HandoverJournal.Read(HandoverJournal.FileName(Journals, 1)))!;

    private string Made(string name) => Directory.CreateDirectory(Path.Combine(_directory.Path, name)).FullName;
}
