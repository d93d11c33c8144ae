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
    [InlineData("usr/libexec/qemu-kvm")]
    [InlineData(" /usr/libexec/qemu-kvm")]
    public void Everything_else_is_not(string path) => Assert.False(UpdateFilter.IsOurs(path));

    [Fact]
    public void Any_text_is_judged() => BusValueGen.AnyText.Sample(text => !UpdateFilter.IsOurs(text));
}
