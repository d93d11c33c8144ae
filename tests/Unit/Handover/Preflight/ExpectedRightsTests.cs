using System.Text;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

/// <summary>What libvirt's files say of a QEMU's rights, and what a process has beside that.</summary>
public sealed class ExpectedRightsTests
{
    private static readonly QemuConf s_usual = new("nop", []);

    [Fact]
    public void The_domain_s_own_label_and_what_libvirt_knows_of_its_QEMU_count() =>
        Assert.Equal(new ExpectedRights(64055, 64055, true), ExpectedRights.Of(Status(_ => { }), s_usual with { User = "root", Group = "+0" }));

    [Fact]
    public void Without_a_label_the_driver_s_setting_counts_and_without_that_nothing_is_known()
    {
        var status = Status(text => text.Replace("model='dac'", "model='other'"));
        Assert.Equal(new ExpectedRights(0, 107, true), ExpectedRights.Of(status, s_usual with { User = "root", Group = "+107" }));
        Assert.Equal(new ExpectedRights(null, null, true), ExpectedRights.Of(status, s_usual));
        Assert.Equal(new ExpectedRights(null, null, true), ExpectedRights.Of(status, s_usual with { User = "no such user", Group = "" }));
    }

    [Fact]
    public void No_filter_is_expected_where_libvirt_sets_none()
    {
        Assert.False(ExpectedRights.Of(Status(_ => { }), s_usual with { HasSandbox = false }).IsFiltered);
        Assert.False(ExpectedRights.Of(Status(text => text.Replace("<flag name='seccomp-sandbox'/>", "")), s_usual).IsFiltered);
    }

    [Theory]
    [InlineData("Uid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nSeccomp:\t2\n", "")]
    [InlineData("Uid:\t0\t0\t0\t0\nGid:\t8\t8\t8\t8\nSeccomp:\t2\n", "user ids 0,")]
    [InlineData("Uid:\t7\t7\t0\t7\nGid:\t8\t8\t8\t8\nSeccomp:\t2\n", "user ids 7 0,")]
    [InlineData("Uid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t0\nSeccomp:\t2\n", "group ids 8 0,")]
    [InlineData("Uid:\t7\t7\t7\t7\nGid:\t8\t8\t8\t8\nSeccomp:\t0\n", "no system call filter")]
    public void What_differs_is_said(string status, string said)
    {
        string[] differences = [.. new ExpectedRights(7, 8, true).Differences(ProcessStatus.Parse("status", Encoding.UTF8.GetBytes(status)), "It")];
        Assert.Equal(said.Length == 0 ? 0 : 1, differences.Length);
        Assert.All(differences, difference => Assert.Contains(said, difference, StringComparison.Ordinal));
    }

    private static StatusFile Status(Action<StringBuilder> edit)
    {
        var text = new StringBuilder(File.ReadAllText(Path.Combine(Qemu.Corpus.Root, "status", "good", "libvirt-9.0-running.xml")));
        edit(text);
        using var directory = new TemporaryDirectory();
        var file = Path.Combine(directory.Path, "a.xml");
        File.WriteAllText(file, text.ToString());
        return StatusFile.Read(file);
    }
}
