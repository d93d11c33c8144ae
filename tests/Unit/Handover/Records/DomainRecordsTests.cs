using VirtHandover.Handover;
using VirtHandover.Handover.Records;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Records;

public sealed class DomainRecordsTests : IDisposable
{
    private static readonly Guid s_domain = Guid.Parse("17e43a51-b352-4e29-92ee-764e236dadd1");
    private static readonly ProcessIdentity s_self = ProcessIdentity.Read(ProcRoot.Host, Environment.ProcessId);

    private const string Hollow = """
        {"domain":"17e43a51-b352-4e29-92ee-764e236dadd1","process":{"processId":1,"startTime":1},"boot":"","words":null,"environment":null,
        "arguments":null,"isLate":false,"isChecked":true}
        """;

    private readonly TemporaryDirectory _temporary = new();

    private string Folder => Path.Combine(_temporary.Path, "records");

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void What_is_kept_is_read_again_for_this_very_process_only()
    {
        var records = new DomainRecords(Folder);
        Assert.Null(records.Read(s_domain, s_self));
        records.Write(Record());
        var read = records.Read(s_domain, s_self);
        Assert.NotNull(read);
        Assert.Equal(Record().Words, read.Words);
        Assert.Equal((true, false, HostBoot.Id), (read.IsLate, read.IsChecked, read.Boot));
        Assert.Null(records.Read(s_domain, s_self with { StartTime = s_self.StartTime + 1 }));
        Assert.Null(records.Read(Guid.Empty, s_self));
        records.Write(Record() with { IsChecked = true });
        Assert.True(records.Read(s_domain, s_self)!.IsChecked);
        Assert.Single(Directory.EnumerateFiles(Folder));
        records.Remove(s_domain, s_self);
        Assert.Null(records.Read(s_domain, s_self));
    }

    [Fact]
    public void A_boot_makes_it_void()
    {
        var records = new DomainRecords(Folder);
        records.Write(Record() with { Boot = "00000000-0000-0000-0000-000000000000" });
        Assert.Null(records.Read(s_domain, s_self));
    }

    [Fact]
    public void Nobody_else_reads_or_writes_there()
    {
        var records = new DomainRecords(Folder);
        records.Write(Record());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Folder));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Directory.EnumerateFiles(Folder).Single()));
        File.SetUnixFileMode(Folder, File.GetUnixFileMode(Folder) | UnixFileMode.GroupWrite);
        Assert.Throws<HandoverException>(() => records.Read(s_domain, s_self));
        Assert.Throws<HandoverException>(() => records.Write(Record()));
        Assert.Throws<HandoverException>(() => records.Prune(ProcRoot.Host));
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData(Hollow)]
    public void What_is_damaged_counts_as_none(string content)
    {
        var records = new DomainRecords(Folder);
        records.Write(Record());
        File.WriteAllText(
            Directory.EnumerateFiles(Folder).Single(),
            content.Replace("\"processId\":1,\"startTime\":1", $"\"processId\":{s_self.ProcessId},\"startTime\":{s_self.StartTime}", StringComparison.Ordinal)
                .Replace("\"boot\":\"\"", $"\"boot\":\"{HostBoot.Id}\"", StringComparison.Ordinal));
        Assert.Null(records.Read(s_domain, s_self));
    }

    [Fact]
    public void Those_that_have_ended_are_forgotten()
    {
        var records = new DomainRecords(Folder);
        records.Prune(ProcRoot.Host);
        records.Write(Record());
        records.Write(Record() with { Process = s_self with { StartTime = s_self.StartTime + 1 } });
        records.Write(Record() with { Process = new ProcessIdentity(4194303, 7) });
        var draft = Directory.EnumerateFiles(Folder).First() + ".4194303.0123.new";
        File.WriteAllText(draft, "");
        File.WriteAllText(Path.Combine(Folder, "stranger"), "");
        records.Prune(ProcRoot.Host);
        Assert.Equal($"{s_domain}.{s_self.ProcessId}.{s_self.StartTime}", Path.GetFileName(Assert.Single(Directory.EnumerateFiles(Folder))));
    }

    private static DomainRecord Record() => new()
    {
        Domain = s_domain,
        Process = s_self,
        Boot = HostBoot.Id,
        Words = ["/usr/bin/qemu", "-name", "guest=ü"],
        Environment = ["LC_ALL=C"],
        Arguments = ["/usr/bin/qemu"],
        IsLate = true,
        IsChecked = false,
    };
}
