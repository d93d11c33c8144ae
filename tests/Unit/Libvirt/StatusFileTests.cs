using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Libvirt;

public class StatusFileTests
{
    internal static StatusFile Running => Read("libvirt-9.0-running.xml");

    internal static StatusFile Read(string good) => StatusFile.Read(Path.Combine(Corpus.Directory, "status/good", good));

    [Fact]
    public void A_real_file_is_understood()
    {
        StatusFile file = Running;
        Assert.Equal(367, file.ProcessId);
        Assert.Equal("web 01&ü", file.Name);
        Assert.Equal(Guid.Parse("11111111-2222-3333-4444-555555555501"), file.Uuid);
        Assert.Equal("/var/lib/libvirt/qemu/domain-1-web 01&ü/monitor.sock", file.MonitorPath);
        Assert.Equal("/var/lib/libvirt/qemu/domain-1-web 01&ü", file.LibDirectory);
        Assert.Null(file.Job);
        Assert.False(file.HasBlockJobs);
        Assert.False(file.HasBackup);
        Assert.False(file.FakeReboot);
        Assert.Equal("", file.LockState);
        Assert.Equal(["/dev/pts/0"], file.Ptys);
        Assert.Equal("/usr/bin/qemu-system-x86_64", file.Domain.Emulator);
    }

    [Fact]
    public void A_block_job_is_seen()
    {
        StatusFile file = Read("libvirt-9.0-paused-blockcopy.xml");
        Assert.True(file.HasBlockJobs);
    }

    [Fact]
    public void A_job_is_seen() => Assert.Equal(("save", false), (Read("libvirt-9.0-saving.xml").Job, Read("libvirt-9.0-saving.xml").IsComing));

    [Theory]
    [InlineData("start", true)]
    [InlineData("migration in", true)]
    [InlineData("migration out", false)]
    [InlineData("none", false)]
    public void A_VM_that_is_about_to_run_here_is_seen(string job, bool coming)
    {
        string text = System.Text.Encoding.UTF8.GetString(Running.Content.Span)
            .Replace("<chardevStdioLogd/>", $"<chardevStdioLogd/><job type='none' async='{job}'/>", StringComparison.Ordinal);
        Assert.Equal(coming, StatusFile.Parse("x.xml", System.Text.Encoding.UTF8.GetBytes(text)).IsComing);
    }

    [Theory]
    [InlineData("<backups><domainbackup/></backups>")]
    [InlineData("<lockstate>abc</lockstate>")]
    [InlineData("<fakereboot/>")]
    public void What_forbids_a_handover_is_seen(string element)
    {
        string text = System.Text.Encoding.UTF8.GetString(Running.Content.Span).Replace("<chardevStdioLogd/>", element, StringComparison.Ordinal);
        StatusFile file = StatusFile.Parse("x.xml", System.Text.Encoding.UTF8.GetBytes(text));
        Assert.True(file.HasBackup || file.FakeReboot || file.LockState == "abc");
    }

    [Fact]
    public void Every_bad_file_of_the_corpus_is_refused_by_name()
    {
        foreach (string path in Corpus.Files("status/bad"))
        {
            StatusFileException refusal = Assert.Throws<StatusFileException>(() => StatusFile.Read(path));
            Assert.Contains(path, refusal.Message, StringComparison.Ordinal);
            Assert.Equal(path, refusal.Path);
        }
    }

    [Fact]
    public void A_missing_file_and_a_directory_are_refused_by_name()
    {
        Assert.Contains("/nowhere/x.xml", Assert.Throws<StatusFileException>(() => StatusFile.Read("/nowhere/x.xml")).Message, StringComparison.Ordinal);
        Assert.Contains("/tmp", Assert.Throws<StatusFileException>(() => StatusFile.Read("/tmp")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_huge_file_is_refused_unread()
    {
        string path = Path.GetTempFileName();
        try
        {
            using (var stream = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
            {
                stream.SetLength(1L << 40);
            }

            Assert.Contains("larger", Assert.Throws<StatusFileException>(() => StatusFile.Read(path)).Message, StringComparison.Ordinal);
        }
        finally
        {
            File.Delete(path);
        }
    }
}
