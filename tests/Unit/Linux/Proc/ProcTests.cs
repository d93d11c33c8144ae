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
        Assert.Equal((uint)me, status.NamespaceIds[^1]);
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
        Assert.Equal(new ProcessMapping(0x7f00, 0x7f10, "rw-s", 0x1000, new DeviceNumber(0, 1), 1027, "/memfd:pc.ram", true), maps[0]);
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
                Quietly(() => status.SharedBytes);
                Quietly(() => status.Umask);
                Quietly(() => status.State);
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
