using System.Net.Sockets;
using VirtHandover.Handover;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Handover;

/// <summary>The sockets of a handover's QEMUs, in a directory in which somebody else swaps names.</summary>
public sealed class MonitorPlaceTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly List<Socket> _sockets = [];

    private string Monitor => Path.Combine(_directory.Path, "monitor.sock");

    public void Dispose()
    {
        _sockets.ForEach(socket => socket.Dispose());
        _directory.Dispose();
    }

    [Fact]
    public void The_new_one_takes_the_place_of_whatever_stands_there_and_leaves_nothing()
    {
        Listen(Monitor);
        using var place = MonitorPlace.Make(Monitor, 3);
        place.End(MonitorPlace.Old);
        Assert.True(place.HasNew);
        ulong inode = Inode(place.NewPath);
        File.Delete(Monitor);
        Listen(Monitor);
        place.Take();
        Assert.Equal(inode, Inode(Monitor));
        Assert.False(place.HasNew);
        place.Take();
        Assert.Equal([Monitor], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void An_undone_one_leaves_the_source_s_own_socket_under_its_name()
    {
        Listen(Monitor);
        ulong inode = Inode(Monitor);
        using var place = MonitorPlace.Make(Monitor, 3);
        File.Move(Monitor, Monitor + ".mine");
        File.CreateSymbolicLink(Monitor, "/etc/passwd");
        place.End(MonitorPlace.New);
        place.End(MonitorPlace.Old);
        Assert.Equal(inode, Inode(Monitor));
        Assert.Equal([Monitor, Monitor + ".mine"], Directory.EnumerateFileSystemEntries(_directory.Path).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_monitor_that_is_no_socket_is_refused_and_nothing_stays()
    {
        File.CreateSymbolicLink(Monitor, "/run/another/monitor.sock");
        Assert.Contains("is no socket", Assert.Throws<HandoverException>(() => MonitorPlace.Make(Monitor, 3)).Message, StringComparison.Ordinal);
        Assert.Equal([Monitor], Directory.EnumerateFileSystemEntries(_directory.Path));
    }

    [Fact]
    public void A_recovery_finds_it_where_its_directory_was_renamed_to_and_where_releases_before_had_it()
    {
        Listen(Monitor);
        string own = Path.Combine(_directory.Path, ".virt-handover.3");
        using (MonitorPlace.Make(Monitor, 3))
            Directory.Move(own, own + ".elsewhere");
        // And what is put in its place is not taken for it.
        Directory.CreateDirectory(own);
        File.SetUnixFileMode(own, (UnixFileMode)0x1ff);
        Listen(Path.Combine(own, MonitorPlace.New + ".3"));
        using (var found = MonitorPlace.Of(Monitor, 3))
        {
            ulong inode = Inode(Path.Combine(own + ".elsewhere", MonitorPlace.New + ".3"));
            Assert.True(found.HasNew);
            found.Take();
            Assert.Equal(inode, Inode(Monitor));
        }

        using (var none = MonitorPlace.Of(Monitor, 4))
            Assert.False(none.HasNew);
        Listen(Monitor + ".4");
        using (var earlier = MonitorPlace.Of(Monitor, 4))
        {
            ulong inode = Inode(Monitor + ".4");
            Assert.True(earlier.HasNew);
            earlier.Take();
            Assert.Equal(inode, Inode(Monitor));
        }

        Assert.Throws<LinuxException>(() => MonitorPlace.Of(Path.Combine(_directory.Path, "none", "monitor.sock"), 4));
    }

    private void Listen(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        _sockets.Add(socket);
        socket.Bind(new UnixDomainSocketEndPoint(path));
        socket.Listen();
    }

    private static ulong Inode(string path)
    {
        using var held = HeldDirectory.Open(Path.GetDirectoryName(path)!);
        return held.Look(Path.GetFileName(path))!.Value.Inode;
    }
}
