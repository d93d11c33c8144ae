using System.Runtime.InteropServices;
using VirtHandover.Handover;
using VirtHandover.Handover.Phases;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class BoundSocketTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact(Timeout = 60_000)]
    public async Task Who_was_started_with_the_socket_is_found_and_nobody_who_has_one_of_its_name()
    {
        using var held = HeldDirectory.Open(_directory.Path);
        using var own = held.MakePrivate("own");
        BoundSocket bound;
        ProcessHandle holder, other;
        using (SafeHandle socket = own.Bind("ü.sock", 0x1fd))
        {
            bound = BoundSocket.Of(socket);
            holder = Start(socket);
        }

        Assert.True(own.Remove("ü.sock"));
        using (SafeHandle socket = own.Bind("ü.sock", 0x1fd))
        {
            Assert.Equal(bound.Name, BoundSocket.Of(socket).Name);
            Assert.NotEqual(bound, BoundSocket.Of(socket));
            other = Start(socket);
        }

        using (holder)
        using (other)
        {
            // A child that another test starts meanwhile has it, too, until its execve(2).
            Assert.True(SpinWait.SpinUntil(() => Ids(bound) is [var only] && only == holder.Id, TimeSpan.FromSeconds(20)));
            Assert.True(BoundSocket.IsHeldBy(holder, bound.Inode));
            Assert.False(BoundSocket.IsHeldBy(other, bound.Inode));
            // By that the copy knows who is at the other end of libvirt's connection.
            using (SafeHandle given = UnixSockets.Pair().One)
                Assert.Contains("did not arrive there", Assert.Throws<HandoverException>(() => MonitorProof.Require(other, given)).Message, StringComparison.Ordinal);
            Assert.Empty(Ids(bound with { Name = "/proc/1/fd/2/other" }));
            foreach (var process in (ProcessHandle[])[holder, other])
            {
                process.Kill();
                Assert.True(await process.WaitForExitAsync(TimeSpan.FromSeconds(20)));
                _ = ProcessSpawner.Reap(process);
            }
        }

        Assert.Empty(Ids(bound));
    }

    [Fact]
    public void What_is_no_socket_with_a_path_is_an_error()
    {
        using var file = File.OpenHandle("/dev/null");
        Assert.Throws<LinuxException>(() => BoundSocket.Of(file));
        using var unseen = UnixSockets.Create();
        Assert.Throws<LinuxException>(() => BoundSocket.Of(unseen));
    }

    private static ProcessHandle Start(SafeHandle socket) =>
        ProcessSpawner.Spawn(ProgramPath.Of("sleep"), ["sleep", "600"], ["PATH=/usr/bin:/bin"], [new InheritedDescriptor(socket, 3)]);

    private static int[] Ids(BoundSocket socket) =>
        [.. socket.Holders().Select(process =>
        {
            using (process)
                return process.Id;
        })];
}
