using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class RootedPathTests : IDisposable
{
    private readonly TemporaryDirectory _root = new();

    public RootedPathTests()
    {
        Directory.CreateDirectory(At("usr/bin"));
        Directory.CreateDirectory(At("etc/alternatives"));
        File.WriteAllText(At("usr/bin/qemu-system-x86_64"), "");
        File.CreateSymbolicLink(At("usr/bin/qemu-kvm"), "qemu-system-x86_64");
        File.CreateSymbolicLink(At("bin"), "usr/bin");
        File.CreateSymbolicLink(At("etc/alternatives/qemu"), "/usr/bin/qemu-kvm");
        File.CreateSymbolicLink(At("usr/bin/up"), "../../../bin/./qemu-kvm");
        File.CreateSymbolicLink(At("loop"), "/loop");
        File.CreateSymbolicLink(At("dangling"), "/usr/bin/nothing");
    }

    public void Dispose() => _root.Dispose();

    [Theory]
    [InlineData("/usr/bin/qemu-system-x86_64", "/usr/bin/qemu-system-x86_64")]
    [InlineData("/usr/bin/qemu-kvm", "/usr/bin/qemu-system-x86_64")]
    [InlineData("/bin/qemu-kvm", "/usr/bin/qemu-system-x86_64")]
    [InlineData("/etc/alternatives/qemu", "/usr/bin/qemu-system-x86_64")]
    [InlineData("/usr/bin/up", "/usr/bin/qemu-system-x86_64")]
    [InlineData("/loop", null)]
    [InlineData("/dangling", null)]
    [InlineData("/usr/bin/nothing", null)]
    [InlineData("/usr/bin/qemu-kvm/x", null)]
    public void Links_are_followed_inside_the_root(string path, string? expected) => Assert.Equal(expected, RootedPath.Resolve(_root.Path, path));

    private string At(string path) => Path.Combine(_root.Path, path);
}
