using System.Diagnostics;
using System.Text;
using CsCheck;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Linux.Proc;

public class ProcTests
{
    [Fact]
    public void This_process_is_read()
    {
        int me = Environment.ProcessId;
        ProcessStatus status = ProcessStatus.Read(ProcRoot.Host, me);
        Assert.True(status.Threads > 1);
        Assert.True(status.AnonymousBytes > 0);
        Assert.Equal(4, status.UserIds.Count);
        Assert.Contains(ProcessMaps.Read(ProcRoot.Host, me), mapping => mapping.IsExecutable && mapping.Path.Contains("libcoreclr", StringComparison.Ordinal));
        Assert.NotEmpty(ProcessCommandLine.Read(ProcRoot.Host, me));
        Assert.Contains(ProcessCommandLine.ReadEnvironment(ProcRoot.Host, me), entry => entry.StartsWith("PATH=", StringComparison.Ordinal));
        Assert.True(ProcessIdentity.Read(ProcRoot.Host, me).Exists(ProcRoot.Host));
        Assert.False(new ProcessIdentity(me, 1).Exists(ProcRoot.Host));
    }

    [Fact]
    public void An_ended_process_is_gone()
    {
        using Process process = Process.Start("true");
        process.WaitForExit();
        Assert.True(Assert.Throws<ProcException>(() => ProcessStartTime.Read(ProcRoot.Host, process.Id)).IsGone);
        Assert.True(Assert.Throws<ProcException>(() => ProcessMaps.Read(ProcRoot.Host, process.Id)).IsGone);
        Assert.True(Assert.Throws<ProcException>(() => ProcessCommandLine.Read(ProcRoot.Host, process.Id)).IsGone);
        Assert.False(new ProcessIdentity(process.Id, 1).Exists(ProcRoot.Host));
    }

    [Fact]
    public void A_name_with_brackets_does_not_shift_the_fields()
    {
        byte[] stat = Encoding.UTF8.GetBytes("363 (a) b (c) S 1 362 362 0 -1 138412416 8504 0 0 0 12 21 0 0 20 0 8 0 78906 1842057216 11709 18446744073709551615\n");
        Assert.Equal(78906UL, ProcessStartTime.Parse("stat", stat));
    }

    [Fact]
    public void A_mapping_is_read()
    {
        const string lines = """
            7f00-7f10 rw-s 00001000 00:01 1027 /memfd:pc.ram (deleted)
            55e92d422000-55e92d9b9000 r-xp 00407000 fe:00 12116039                   /usr/lib/a b\012c.so
            7ffd-7ffe r-xp 00000000 00:00 0 
            ffffffffff600000-ffffffffff601000 --xp 00000000 00:00 0                  [vsyscall]
            """;
        IReadOnlyList<ProcessMapping> maps = ProcessMaps.Parse("maps", Encoding.UTF8.GetBytes(lines));
        Assert.Equal(new ProcessMapping(0x7f00, 0x7f10, "rw-s", new DeviceNumber(0, 1), 1027, "/memfd:pc.ram", true), maps[0]);
        Assert.True(maps[0].IsShared);
        Assert.Equal("/usr/lib/a b\nc.so", maps[1].Path);
        Assert.Equal(new DeviceNumber(0xfe, 0), maps[1].Device);
        Assert.Equal("55e92d422000-55e92d9b9000", maps[1].MapFile);
        Assert.Equal("", maps[2].Path);
        Assert.Equal("[vsyscall]", maps[3].Path);
    }

    [Fact]
    public void Arguments_keep_their_empty_ones()
    {
        Assert.Equal(["a", "", "b c"], ProcessCommandLine.Parse("cmdline", "a\0\0b c\0"u8));
        Assert.Equal(["a", "b"], ProcessCommandLine.Parse("cmdline", "a\0b"u8));
        Assert.Empty(ProcessCommandLine.Parse("cmdline", []));
        Assert.Throws<ProcException>(() => ProcessCommandLine.Parse("cmdline", [0xff, 0xfe, 0]));
    }

    [Theory]
    [InlineData("Umask:\t0022\nPPid:\t1\n", 0b010010, 1)]
    [InlineData("Name:\tPPid: 7\nUmask:\t0077\nPPid:\t9\n", 0b111111, 9)]
    public void A_status_is_read_by_field(string text, int umask, int parent)
    {
        ProcessStatus status = ProcessStatus.Parse("status", Encoding.UTF8.GetBytes(text));
        Assert.Equal((umask, parent), (status.Umask, status.ParentId));
        Assert.Throws<ProcException>(() => status.UserIds);
    }

    [Theory]
    [InlineData("\fUid:\t0\t0\t0\t0")]
    [InlineData("\rUid:\t0\t0\t0\t0")]
    [InlineData("\vUid:\t0\t0\t0\t0")]
    [InlineData("\u0085Uid:\t0\t0\t0\t0")]
    [InlineData("\u2028Uid:\t0\t0\t0\t0")]
    [InlineData("\u2029Uid:\t0\t0\t0\t0")]
    [InlineData("\0Uid:\t0\t0\t0\t0")]
    [InlineData("\tUid:\t0\t0\t0\t0")]
    [InlineData("\\nUid:\t0\t0\t0\t0")]
    [InlineData("Uid:\t0\t0\t0\t0")]
    public void A_name_forges_no_field(string name)
    {
        foreach (Encoding encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1])
        {
            ProcessStatus status = ProcessStatus.Parse("status", encoding.GetBytes($"Name:\t{name}\nUid:\t5\t6\t7\t8\nSeccomp:\t2\nSeccomp_filters:\t1\nCapEff:\tff\n"));
            Assert.Equal([5u, 6u, 7u, 8u], status.UserIds);
            Assert.Equal((2, 1, 255UL), (status.SeccompMode, status.SeccompFilters, status.EffectiveCapabilities));
        }
    }

    [Fact]
    public void What_is_said_twice_is_not_believed()
    {
        ProcessStatus status = ProcessStatus.Parse("status", "Uid:\t5\t5\t5\t5\nGroups:\t7 \nSeccomp:\t2\nUid:\t0\t0\t0\t0\nGroups:\t\nSeccomp:\t0\n"u8);
        Assert.Throws<ProcException>(() => status.UserIds);
        Assert.Throws<ProcException>(() => status.Groups);
        Assert.Throws<ProcException>(() => status.SeccompMode);
    }

    [Theory]
    [InlineData("Uid:\t5\t5\t5\t0", "the ids")]
    [InlineData("Gid:\t6\t0\t6\t6", "the ids")]
    [InlineData("Groups:\t7 0 ", "supplementary groups")]
    [InlineData("CapPrm:\t3", "permitted capabilities")]
    [InlineData("CapEff:\t2", "effective capabilities")]
    [InlineData("CapBnd:\t1f", "bounding capabilities")]
    [InlineData("CapAmb:\t1", "ambient capabilities")]
    [InlineData("NoNewPrivs:\t0", "no-new-privileges")]
    [InlineData("Seccomp:\t0", "filter mode 0")]
    [InlineData("Seccomp_filters:\t0", "with 0 filters")]
    [InlineData("CapBnd:\t1", null)]
    [InlineData("Seccomp_filters:\t3", null)]
    public void More_rights_than_another_s_are_named_and_fewer_are_none(string line, string? named)
    {
        string[] usual =
        [
            "Uid:\t5\t5\t5\t5", "Gid:\t6\t6\t6\t6", "Groups:\t7 ", "CapPrm:\t1", "CapEff:\t1", "CapBnd:\tf", "CapAmb:\t0", "NoNewPrivs:\t1", "Seccomp:\t2", "Seccomp_filters:\t1",
        ];
        ProcessStatus Read(IEnumerable<string> lines) => ProcessStatus.Parse("status", Encoding.UTF8.GetBytes(string.Join('\n', lines)));
        string field = line[..(line.IndexOf(':', StringComparison.Ordinal) + 1)];
        string[] beyond = [.. Read(usual.Select(each => each.StartsWith(field, StringComparison.Ordinal) ? line : each)).RightsBeyond(Read(usual))];
        Assert.Equal(named is null ? 0 : 1, beyond.Length);
        Assert.All(beyond, sentence => Assert.Contains(named!, sentence, StringComparison.Ordinal));
        Assert.Empty(Read(usual).RightsBeyond(Read(usual)));
    }

    [Fact]
    public void Random_bytes_give_the_declared_exception_or_nothing() =>
        Gen.OneOf(Gen.Byte.Array[0, 300], Gen.String[Gen.Char["0123456789abcdef-:() \n\0rwxps\tUidGPCk"], 0, 300].Select(Encoding.UTF8.GetBytes)).Sample(
            bytes =>
            {
                Quietly(() => ProcessStartTime.Parse("x", bytes));
                Quietly(() => ProcessMaps.Parse("x", bytes));
                Quietly(() => ProcessCommandLine.Parse("x", bytes));
                ProcessStatus status = ProcessStatus.Parse("x", [.. "Uid:\t"u8, .. bytes]);
                Quietly(() => status.UserIds);
                Quietly(() => status.AnonymousBytes);
                Quietly(() => status.Umask);
            },
            iter: 3000);

    private static void Quietly<T>(Func<T> read)
    {
        try
        {
            _ = read();
        }
        catch (ProcException)
        {
            // The declared one.
        }
    }
}
