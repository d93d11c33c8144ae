using CsCheck;
using VirtHandover.Hook;
using VirtHandover.Tests.Unit.Bus;

namespace VirtHandover.Tests.Unit.Hook;

public class UpdateFilterTests
{
    [Theory]
    [InlineData("/usr/libexec/qemu-kvm")]
    [InlineData("/usr/bin/qemu-kvm")]
    [InlineData("/usr/bin/qemu-system-x86_64")]
    [InlineData("/usr/bin/qemu-system-aarch64")]
    [InlineData("/usr/lib64/qemu-kvm/block-iscsi.so")]
    [InlineData("/usr/lib64/qemu/ui-gtk.so")]
    [InlineData("/usr/lib64/qemu/deeper/one.so")]
    [InlineData("/usr/bin/qemu-system-x86_64-microvm")]
    [InlineData("/bin/qemu-system-x86_64")]
    [InlineData("/usr/libexec/qemu-system-i386")]
    [InlineData("/usr/lib/x86_64-linux-gnu/qemu")]
    [InlineData("/usr/lib/aarch64-linux-gnu/qemu/accel-tcg-aarch64.so")]
    [InlineData("/lib/x86_64-linux-gnu/qemu/ui-gtk.so")]
    public void Emulators_and_their_modules_are_ours(string path) => Assert.True(UpdateFilter.IsOurs(path));

    [Theory]
    [InlineData("")]
    [InlineData("/usr/libexec/qemu-kvm;6b038057")]
    [InlineData("/usr/libexec/qemu-bridge-helper")]
    [InlineData("/usr/bin/qemu-img")]
    [InlineData("/usr/bin/qemu-ga")]
    [InlineData("/usr/bin/qemu-system-")]
    [InlineData("/usr/bin/qemu-system-x86_64.old")]
    [InlineData("/usr/bin/qemu-system-x86/64")]
    [InlineData("/usr/lib64/qemu-kvm")]
    [InlineData("/usr/lib64/qemu-kvm/.so")]
    [InlineData("/usr/lib64/qemu-kvm/readme.txt")]
    [InlineData("/usr/lib64/qemu-other/x.so")]
    [InlineData("/usr/lib/x86_64-linux-gnu/qemu/.so")]
    [InlineData("/usr/lib/x86_64-linux-gnu/libvirt.so")]
    [InlineData("/usr/lib/qemu/qemu-bridge-helper")]
    [InlineData("/usr/lib/qemu")]
    [InlineData("/usr/lib/x86_64-linux-gnu/qemu-other")]
    [InlineData("/usr/usr/bin/qemu-system-x86_64")]
    [InlineData("usr/libexec/qemu-kvm")]
    [InlineData(" /usr/libexec/qemu-kvm")]
    public void Everything_else_is_not(string path) => Assert.False(UpdateFilter.IsOurs(path));

    [Fact]
    public void Every_trigger_of_the_Debian_package_is_ours_and_leaves_dpkg_undisturbed()
    {
        var triggers = File.ReadLines(Path.Combine(Repository.Root, "packaging/deb/debian/virt-handover-hook.triggers"))
            .Where(line => line.Length > 0 && line[0] != '#').Select(line => line.Split(' ')).ToList();
        Assert.All(triggers, words => Assert.Equal((2, "interest-noawait"), (words.Length, words[0])));
        var paths = triggers.Select(words => words[1]).ToList();
        Assert.All(paths, path => Assert.True(UpdateFilter.IsOurs(path), path));
        Assert.Equal(paths.Count, paths.Distinct().Count());
        // dpkg compares spellings: what lies in a directory that has two names needs both.
        foreach (var path in paths.Where(path => path.StartsWith("/usr/bin/", StringComparison.Ordinal) || path.StartsWith("/usr/lib/", StringComparison.Ordinal)))
            Assert.Contains(path["/usr".Length..], paths);
    }

    [Fact]
    public void Any_text_is_judged() => BusValueGen.AnyText.Sample(text => !UpdateFilter.IsOurs(text));
}
