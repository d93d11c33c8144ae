using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>A directory in which somebody else swaps names at any time.</summary>
public sealed class HeldDirectoryTests : IDisposable
{
    private readonly TemporaryDirectory _temporary = new();
    private readonly string _vm;
    private readonly string _secret;

    public HeldDirectoryTests()
    {
        _vm = Path.Combine(_temporary.Path, "vm");
        _secret = Path.Combine(_temporary.Path, "secret");
        Directory.CreateDirectory(_vm);
        File.WriteAllText(_secret, "topsecret");
        File.SetUnixFileMode(_secret, UnixFileMode.UserRead | UnixFileMode.UserWrite);
    }

    public void Dispose() => _temporary.Dispose();

    [Fact]
    public void What_is_opened_stays_what_it_was_wherever_its_name_goes()
    {
        using var held = HeldDirectory.Open(_vm);
        Directory.Move(_vm, _vm + ".away");
        Directory.CreateDirectory(_vm);
        File.WriteAllText(Path.Combine(_vm, "monitor.sock"), "another");
        Assert.Null(held.Look("monitor.sock"));
        File.WriteAllText(Path.Combine(_vm + ".away", "monitor.sock"), "its own");
        Assert.True(held.Remove("monitor.sock"));
        Assert.True(File.Exists(Path.Combine(_vm, "monitor.sock")));
    }

    [Fact]
    public void A_link_that_root_alone_can_have_made_is_followed_and_no_other()
    {
        // To usr/bin.
        using (var bin = HeldDirectory.Open("/bin"))
            Assert.NotNull(bin.Look("sh"));
        // The temporary directory's is one that others can write, as that of all VMs is QEMU's user's.
        Directory.CreateSymbolicLink(Path.Combine(_temporary.Path, "moved"), "vm");
        var refused = Assert.Throws<LinuxException>(() => HeldDirectory.Open(Path.Combine(_temporary.Path, "moved")));
        Assert.Contains("symbolic link", refused.Message, StringComparison.Ordinal);
        Directory.CreateSymbolicLink(Path.Combine(_temporary.Path, "etc"), "/etc");
        Assert.Throws<LinuxException>(() => HeldDirectory.Open(Path.Combine(_temporary.Path, "etc")));
        Assert.Throws<LinuxException>(() => HeldDirectory.Open(Path.Combine(_temporary.Path, "vm", "..", "vm")));
        Assert.Throws<LinuxException>(() => HeldDirectory.Open(_secret));
        Assert.Throws<LinuxException>(() => HeldDirectory.Open(Path.Combine(_temporary.Path, "nothing")));
        HeldDirectory.Open(_vm).Dispose();
    }

    [Fact]
    public void Names_are_single_ones()
    {
        using var held = HeldDirectory.Open(_vm);
        foreach (var name in (string[])["", ".", "..", "../secret", "/etc/passwd", "a\0b"])
        {
            Assert.Throws<ArgumentException>(() => held.Find(name));
            Assert.Throws<ArgumentException>(() => held.Remove(name));
            Assert.Throws<ArgumentException>(() => held.MakePrivate(name));
        }
    }

    [Theory]
    [InlineData("file")]
    [InlineData("link")]
    [InlineData("link to a directory")]
    [InlineData("directory that others enter")]
    [InlineData("fifo")]
    [InlineData("hard link")]
    public void What_stands_in_a_private_directory_s_place_goes_and_nothing_behind_it(string what)
    {
        var other = Path.Combine(_temporary.Path, "other");
        Directory.CreateDirectory(other);
        Put(Path.Combine(_vm, "own"), what, other);
        using var held = HeldDirectory.Open(_vm);
        using var own = held.MakePrivate("own");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute, File.GetUnixFileMode(Path.Combine(_vm, "own")));
        using (own.Bind("monitor.sock.new", 0x1fd))
        {
            Assert.True(File.Exists(Path.Combine(_vm, "own", "monitor.sock.new")));
            Assert.Empty(Directory.EnumerateFileSystemEntries(other));
        }

        Assert.Equal("topsecret", File.ReadAllText(_secret));
    }

    [Fact]
    public void A_socket_has_its_mode_and_is_moved_over_whatever_stands_there()
    {
        using var held = HeldDirectory.Open(_vm);
        using var own = held.MakePrivate("own");
        using var socket = own.Bind("monitor.sock.new", 0x1fd);
        File.CreateSymbolicLink(Path.Combine(_vm, "monitor.sock"), _secret);
        own.Move("monitor.sock.new", held, "monitor.sock");
        Assert.True(held.Look("monitor.sock") is { IsSocket: true, Mode: 0xc1fd });
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_secret));
        Assert.True(held.Remove("own", isDirectory: true));
        Assert.Null(held.FindPrivate("own"));
    }

    [Fact]
    public void No_socket_is_made_where_others_can_swap_its_name()
    {
        using var held = HeldDirectory.Open(_vm);
        Assert.Throws<InvalidOperationException>(() => held.Bind("monitor.sock", 0x1fd));
    }

    [Theory]
    [InlineData("link")]
    [InlineData("fifo")]
    [InlineData("hard link")]
    [InlineData("directory that others enter")]
    [InlineData("file that others write")]
    public void Only_a_file_of_root_s_with_one_name_is_written(string what)
    {
        Put(Path.Combine(_vm, "vm.pid"), what, _temporary.Path);
        using var held = HeldDirectory.Open(_vm);
        Assert.Throws<LinuxException>(() => held.OpenRootsFile("vm.pid", write: true));
        Assert.Throws<LinuxException>(() => held.OpenRootsFile("vm.pid", write: false));
        Assert.Equal("topsecret", File.ReadAllText(_secret));
        Assert.Null(held.OpenRootsFile("none", write: true));
    }

    // As a QEMU would that exchanges its directory with one full of links, as fast as it can.
    [Fact(Timeout = 120_000)]
    public async Task Nothing_outside_changes_while_names_are_swapped()
    {
        const int Times = 2000;
        var decoy = Path.Combine(_temporary.Path, "decoy");
        Directory.CreateDirectory(decoy);
        Directory.CreateDirectory(Path.Combine(decoy, "own"));
        foreach (var name in (string[])["monitor.sock", "monitor.sock.new", "own/monitor.sock.new"])
            File.CreateSymbolicLink(Path.Combine(decoy, name), _secret);
        File.SetUnixFileMode(_temporary.Path, (UnixFileMode)0x1ff);
        using var stop = new CancellationTokenSource();
        var swapping = Task.Run(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                Directory.Move(_vm, _vm + ".x");
                Directory.Move(decoy, _vm);
                Directory.Move(_vm, decoy);
                Directory.Move(_vm + ".x", _vm);
                if (Directory.Exists(Path.Combine(_vm, "own")))
                    Swap(Path.Combine(_vm, "own"));
            }
        });
        var made = 0;
        for (var i = 0; i < Times; i++)
            made += TryOnce() ? 1 : 0;
        await stop.CancelAsync();
        await swapping;
        Assert.True(made > 0, "No socket was ever made, so that nothing was tried.");
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(_secret));
        Assert.Equal("topsecret", File.ReadAllText(_secret));

        void Swap(string own)
        {
            try
            {
                Directory.Move(own, own + ".y");
                File.CreateSymbolicLink(own, decoy);
                File.Delete(own);
            }
            catch (IOException)
            {
                // The other side was faster.
            }
        }
    }

    private bool TryOnce()
    {
        try
        {
            using var held = HeldDirectory.Open(_vm);
            using var own = held.MakePrivate("own");
            _ = own.Remove("monitor.sock.new");
            using (own.Bind("monitor.sock.new", 0x1fd))
                own.Move("monitor.sock.new", held, "monitor.sock");
            _ = held.Remove("own", isDirectory: true);
            return true;
        }
        catch (LinuxException)
        {
            return false; // its directory was away: its own handover fails
        }
    }

    private void Put(string path, string what, string other)
    {
        switch (what)
        {
            case "file":
                File.WriteAllText(path, "");
                break;
            case "file that others write":
                File.WriteAllText(path, "");
                File.SetUnixFileMode(path, (UnixFileMode)0x1b6);
                break;
            case "link":
                File.CreateSymbolicLink(path, _secret);
                break;
            case "link to a directory":
                File.CreateSymbolicLink(path, other);
                break;
            case "directory that others enter":
                Directory.CreateDirectory(path);
                File.SetUnixFileMode(path, (UnixFileMode)0x1ff);
                break;
            default:
                Make(what is "fifo" ? "mkfifo" : "ln", what is "fifo" ? [path] : [_secret, path]);
                break;
        }
    }

    private static void Make(string tool, string[] arguments)
    {
        using var process = ProcessSpawner.Spawn(ProgramPath.Of(tool), [tool, .. arguments], ["PATH=/usr/bin:/bin"], []);
        Assert.True(process.WaitForExit(TimeSpan.FromSeconds(20)));
        Assert.Equal(0, ProcessSpawner.Reap(process));
    }
}
