using System.Runtime.InteropServices;
using CsCheck;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Linux.Proc;

public sealed class SocketHoldersTests : IDisposable
{
    private const string Head = "Num       RefCount Protocol Flags    Type St Inode Path\n";
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Whoever_has_the_socket_open_is_found_after_a_rename_too()
    {
        string path = Path.Combine(_directory.Path, "monitor ü.sock.7");
        Assert.False(SocketHolders.Of(ProcRoot.Host, path).Exist);
        using (SafeHandle socket = UnixSockets.Listen(path))
        {
            File.Move(path, path + ".renamed");
            Assert.Contains(ProcessIdentity.Read(ProcRoot.Host, Environment.ProcessId), SocketHolders.Of(ProcRoot.Host, path).Processes);
            Assert.False(SocketHolders.Of(ProcRoot.Host, path + ".renamed").Exist);
        }

        // A child that another test starts meanwhile has it, too, until its execve(2).
        Assert.True(SpinWait.SpinUntil(() => !SocketHolders.Of(ProcRoot.Host, path).Exist, TimeSpan.FromSeconds(20)));
    }

    [Theory]
    [InlineData("0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/m.sock.7\n", "12345")]
    [InlineData("0000000000000000: 00000002 00000000 00010000 0001 01 12345 /run/m.sock.77\n", "")]
    [InlineData("0000000000000000: 00000002 00000000 00010000 0001 01 12345 /other/run/m.sock.7\n", "")]
    [InlineData("0000000000000000: 00000002 00000000 00010000 0001 01 12345 @ /run/m.sock.7\n", "")]
    [InlineData("0000000000000000: 00000002 00000000 00010000 0001 01 12345\n", "")]
    [InlineData("0: 2 0 1 1 1 1 /run/m.sock.7\n0: 2 0 1 1 3 2 /run/m.sock.7", "1 2")]
    public void The_kernel_s_table_is_read_to_the_last_column(string lines, string inodes) =>
        Assert.Equal(inodes, string.Join(' ', SocketHolders.Inodes(Head + lines, "/run/m.sock.7")));

    [Fact]
    public void Any_text_can_be_a_table() =>
        Gen.String.Sample(text => Assert.All(SocketHolders.Inodes(text, "/m"), inode => Assert.NotEmpty(inode)));
}
