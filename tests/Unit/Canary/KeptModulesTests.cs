using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Canary;

public sealed class KeptModulesTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();
    private readonly string _program;
    private readonly string _modules;
    private readonly string _store;

    public KeptModulesTests()
    {
        _program = Path.Combine(_directory.Path, "usr", "bin", "emulator");
        _modules = Path.Combine(_directory.Path, "usr", "lib64", "qemu-kvm");
        _store = Path.Combine(_directory.Path, "cache");
        Directory.CreateDirectory(Path.GetDirectoryName(_program)!);
        Directory.CreateDirectory(_modules);
        File.WriteAllText(_program, "one");
        File.WriteAllText(Path.Combine(_modules, "accel.so"), "module of one");
    }

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void What_is_on_disk_is_kept_once_and_as_long_as_it_is_installed_or_runs()
    {
        QemuBuild one = Build(), none = one with { BuildId = "" };
        var kept = new KeptModules(_store);
        Assert.Null(kept.Of(one));
        kept.Keep([one, none], [none]);
        string file = kept.Of(one) + _modules + "/accel.so";
        Assert.Equal("module of one", File.ReadAllText(file));

        // An upgrade: the VM runs on, and its modules are there no more.
        File.WriteAllText(_program, "two");
        File.WriteAllText(Path.Combine(_modules, "accel.so"), "module of two");
        kept.Keep([Build()], [one]);
        Assert.Equal("module of one", File.ReadAllText(file));
        Assert.Equal("module of two", File.ReadAllText(kept.Of(Build()) + _modules + "/accel.so"));

        kept.Keep([Build()], [Build()]);
        Assert.Null(kept.Of(one));
        Assert.Single(Directory.EnumerateDirectories(_store));
    }

    [Fact]
    public void Modules_of_a_program_that_was_replaced_meanwhile_are_nobodys()
    {
        var kept = new KeptModules(_store);
        QemuBuild one = Build();
        File.WriteAllText(_program, "two");
        kept.Keep([one], [one]);
        Assert.Null(kept.Of(one));
        Assert.Empty(Directory.EnumerateDirectories(_store));
    }

    [Fact]
    public void Links_are_not_followed()
    {
        File.CreateSymbolicLink(Path.Combine(_modules, "link.so"), "/etc/passwd");
        var kept = new KeptModules(_store);
        kept.Keep([Build()], []);
        Assert.Equal(["accel.so"], Directory.EnumerateFiles(kept.Of(Build()) + _modules).Select(Path.GetFileName));
    }

    private QemuBuild Build() => new(_program, "", "", new FileBuilds().Of(_program)!);
}
