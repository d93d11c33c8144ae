using CsCheck;
using VirtHandover.Detection;

namespace VirtHandover.Tests.Unit.Detection;

public class EmulatorVersionTests
{
    [Theory]
    [InlineData("QEMU emulator version 7.2.22 (Debian 1:7.2+dfsg-7+deb12u18)\nCopyright (c) 2003-2022\n", "7.2.22", "Debian 1:7.2+dfsg-7+deb12u18")]
    [InlineData("QEMU emulator version 8.0.0 (qemu-kvm-8.0.0-16.el9_3.3)\nCopyright", "8.0.0", "qemu-kvm-8.0.0-16.el9_3.3")]
    [InlineData("QEMU emulator version 10.1.50 (v10.1.0-123-gabc)", "10.1.50", "v10.1.0-123-gabc")]
    [InlineData("QEMU emulator version 9.2.0\r\nCopyright", "9.2.0", "")]
    [InlineData("warning: something\nQEMU emulator version 11.0.0-rc1\n", "11.0.0-rc1", "")]
    public void What_QEMU_prints_is_read(string output, string version, string package) =>
        Assert.Equal(new EmulatorVersion(version, package), EmulatorVersion.Parse(output));

    [Theory]
    [InlineData("")]
    [InlineData("sleep (GNU coreutils) 9.1")]
    [InlineData("QEMU emulator version (x)")]
    [InlineData("qemu-img version 7.2.22 (Debian)")]
    public void Other_output_is_not(string output) => Assert.Null(EmulatorVersion.Parse(output));

    [Fact]
    public void Random_text_never_throws() =>
        Gen.String.Sample(text => { _ = EmulatorVersion.Parse("QEMU emulator version " + text); }, iter: 2000);
}
