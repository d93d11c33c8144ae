using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Libvirt;

public class QemuConfTests
{
    [Theory]
    [InlineData("", "nop")]
    [InlineData("#lock_manager = \"lockd\"\n", "nop")]
    [InlineData("user = \"root\"\nlock_manager = \"lockd\" # why not\n", "lockd")]
    [InlineData("  lock_manager='sanlock'", "sanlock")]
    public void The_lock_manager_is_read(string conf, string expected)
    {
        using var directory = new TemporaryDirectory();
        File.WriteAllText(Path.Combine(directory.Path, "qemu.conf"), conf);
        Assert.Equal(expected, QemuConf.Read(new LibvirtPaths { ConfigDirectory = directory.Path }).LockManager);
    }

    [Fact]
    public void Without_files_libvirts_defaults_hold()
    {
        QemuConf conf = QemuConf.Read(new LibvirtPaths { ConfigDirectory = "/nowhere" });
        Assert.Equal("nop", conf.LockManager);
        Assert.Empty(conf.Hooks);
    }

    [Fact]
    public void Hooks_count_when_they_can_be_executed()
    {
        using var directory = new TemporaryDirectory();
        string hooks = Path.Combine(directory.Path, "hooks");
        Directory.CreateDirectory(Path.Combine(hooks, "qemu.d"));
        string first = Path.Combine(hooks, "qemu");
        string second = Path.Combine(hooks, "qemu.d", "10-a");
        File.WriteAllText(first, "");
        File.WriteAllText(second, "");
        File.SetUnixFileMode(second, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var paths = new LibvirtPaths { ConfigDirectory = directory.Path };
        Assert.Equal([second], QemuConf.Read(paths).Hooks);

        File.SetUnixFileMode(first, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        Assert.Equal([first, second], QemuConf.Read(paths).Hooks);
    }

    [Fact]
    public void A_pid_file_is_named_as_libvirt_names_it()
    {
        var paths = new LibvirtPaths();
        Assert.Equal("/run/libvirt/qemu/web 01&amp;ü.pid", paths.PidFile("web 01&ü"));
        Assert.Equal("/run/libvirt/qemu/web 01&ü.xml", paths.StatusFile("web 01&ü"));
        Assert.Equal("/run/libvirt/qemu/a&lt;&gt;&quot;&apos;b.pid", paths.PidFile("a<>\"'\u0001b"));
    }
}
