using VirtHandover.Handover;
using VirtHandover.Handover.Records;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Tests.Unit.Linux;

namespace VirtHandover.Tests.Unit.Handover.Records;

/// <summary>With a process that is no QEMU: what matters is whose word counts. Real ones are in <c>tests/Integration/Security</c>.</summary>
public sealed class RecordTakingTests : IDisposable
{
    private static readonly StatusFile s_status =
        StatusFile.Read(Corpus.Files("starts").Single(file => file.EndsWith("shared.xml", StringComparison.Ordinal)));

    private const string Waits = "kill -STOP $$";

    private readonly TemporaryDirectory _temporary = new();
    private readonly DomainRecords _records;
    private readonly ProcessHandle _process;

    public RecordTakingTests()
    {
        _records = new DomainRecords(Path.Combine(_temporary.Path, "records"));
        _process = Start("-uuid", s_status.Uuid.ToString());
    }

    public void Dispose()
    {
        _process.Kill();
        _process.Dispose();
        _temporary.Dispose();
    }

    [Fact]
    public async Task What_was_noted_counts_and_what_shows_another_is_refused()
    {
        var first = await Take();
        Assert.Equal((false, false), (first.Record.IsChecked, first.Record.IsLate));
        Assert.All(first.Problems, problem => Assert.Equal("CMDLINE_FOREIGN", problem.Code));
        Assert.NotEmpty(first.Problems);
        // As if the process had been another one when it was noted.
        _records.Write(first.Record with { Words = [.. first.Record.Words, "-S"], IsChecked = true });
        var second = await Take();
        Assert.Equal("CMDLINE_CHANGED", Assert.Single(second.Problems).Code);
        Assert.Contains("command line", second.Problems[0].Sentence, StringComparison.Ordinal);
        _records.Write(first.Record with { Environment = ["LC_ALL=C", "HOME=/"], IsChecked = true });
        Assert.Contains("environment", Assert.Single((await Take()).Problems).Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_was_checked_once_is_taken_as_it_was_noted()
    {
        var first = await Take();
        _records.Write(first.Record with { Arguments = ["/usr/libexec/qemu-kvm", "-S"], IsChecked = true });
        var second = await Take();
        Assert.Empty(second.Problems);
        Assert.Equal(["/usr/libexec/qemu-kvm", "-S"], second.Record.Arguments);
        // Of the environment libvirt's values only.
        Assert.Contains("HOME=" + s_status.LibDirectory, second.Environment);
    }

    [Fact]
    public async Task Another_process_is_noted_under_nobodys_name()
    {
        using var other = Start("-uuid", Guid.Empty.ToString());
        try
        {
            var refusal = await Assert.ThrowsAsync<HandoverException>(() => Take(other));
            Assert.Contains("is not the QEMU of VM", refusal.Message, StringComparison.Ordinal);
            Assert.Null(_records.Read(s_status.Uuid, other.Identity));
        }
        finally
        {
            other.Kill();
        }
    }

    [Fact]
    public void What_0_1_kept_of_a_moved_VM_is_read()
    {
        var file = Path.Combine(_temporary.Path, s_status.Uuid.ToString());
        var process = $$"""{"processId":{{_process.Id}},"startTime":{{_process.Identity.StartTime}}}""";
        File.WriteAllText(file, $$"""{"process":{{process}},"arguments":["/q","-S"],"isRecorded":true}""");
        Assert.Equal(["/q", "-S"], LogicalCommandLine.Find(s_status.Uuid, _process.Identity, _temporary.Path)!.Arguments);
        Assert.Null(LogicalCommandLine.Find(s_status.Uuid, _process.Identity with { StartTime = 1 }, _temporary.Path));
        File.WriteAllText(file, "{");
        Assert.Null(LogicalCommandLine.Find(s_status.Uuid, _process.Identity, _temporary.Path));
    }

    [Fact]
    public async Task A_new_process_has_its_record_before_the_old_one_loses_its_own()
    {
        var source = (await Take()).Record;
        using var target = Start("new");
        try
        {
            RecordTaking.OfTarget(source, target.Identity, ["/q", "-netdev", "tap"], _records, s_status.Name);
            var record = _records.Read(s_status.Uuid, target.Identity)!;
            Assert.Equal((true, "new"), (record.IsChecked, record.Words[^1]));
            Assert.Equal(["/q", "-netdev", "tap"], record.Arguments);
            Assert.Null(RecordTaking.Complete(s_status.Uuid, source.Process, target.Identity, ["/other"], _records));
            Assert.Equal(["/q", "-netdev", "tap"], _records.Read(s_status.Uuid, target.Identity)!.Arguments);
            Assert.Null(_records.Read(s_status.Uuid, source.Process));
            // One that 0.1 has started.
            _records.Remove(s_status.Uuid, target.Identity);
            Assert.Null(RecordTaking.Complete(s_status.Uuid, source.Process, target.Identity, ["/other"], _records));
            record = _records.Read(s_status.Uuid, target.Identity)!;
            Assert.Equal((true, false, "/other"), (record.IsLate, record.IsChecked, record.Arguments[0]));
        }
        finally
        {
            target.Kill();
        }
    }

    private static ProcessHandle Start(params string[] words)
    {
        var process = ProcessSpawner.Spawn("/bin/sh", ["/bin/sh", "-c", Waits, .. words], ["LC_ALL=C"], []);
        Executed.Await(process.Id);
        return process;
    }

    private Task<Recorded> Take(ProcessHandle? process = null)
    {
        var paths = new LibvirtPaths { ConfigDirectory = _temporary.Path };
        return RecordTaking.TakeAsync(s_status, process ?? _process, paths, _records, TimeProvider.System, CancellationToken.None);
    }
}
