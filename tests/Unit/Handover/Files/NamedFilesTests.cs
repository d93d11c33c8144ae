using CsCheck;
using VirtHandover.Handover.Files;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Files;

public class NamedFilesTests
{
    [Fact]
    public void Images_with_their_chains_firmware_and_what_is_only_loaded_are_found()
    {
        var line = CommandLine.Parse(
        [
            "/usr/libexec/qemu-kvm",
            "-blockdev", """{"driver":"file","filename":"/code.fd","node-name":"pflash0-storage","auto-read-only":true}""",
            "-blockdev", """{"node-name":"pflash0-format","read-only":true,"driver":"raw","file":"pflash0-storage"}""",
            "-blockdev", """{"driver":"file","filename":"/base.qcow2","node-name":"base-storage","read-only":true}""",
            "-blockdev", """{"driver":"host_device","filename":"/dev/vg/a","node-name":"disk-storage"}""",
            "-blockdev", """{"driver":"qcow2","node-name":"nested","file":{"driver":"file","filename":"/n.qcow2"},"backing":{"driver":"qcow2","file":{"driver":"file","filename":"/nb.qcow2"}}}""",
            "-blockdev", "driver=raw,node-name=keyed,file.driver=file,file.filename=/k,,1.raw,read-only=on",
            "-blockdev", """{"driver":"file","filename":"/dev/fdset/1","node-name":"passed"}""",
            "-blockdev", """{"driver":"nbd","server":{"type":"unix","path":"/n.sock"},"node-name":"net"}""",
            "-kernel", "/vmlinuz", "-bios", "bios.bin", "-fw_cfg", "name=opt/a,file=/fw", "-device", """{"driver":"virtio-net-pci","romfile":"/rom","id":"net0"}""",
            "-machine", "pc,kernel=/k2",
        ]);
        var nodes = new[]
        {
            // As QEMU 7.2 tells it: what has auto-read-only is not called read-only.
            new BlockNode("pflash0-storage", "file", "/code.fd", false, []),
            new BlockNode("#block123", "file", "json:{\"driver\":\"file\",\"filename\":\"/data.raw\",\"locking\":\"off\"}", false, []),
            new BlockNode("pflash0-format", "raw", "/code.fd", true, []),
            new BlockNode("odd", "file", "json:{\"driver\":1,\"driver\":2", false, []),
        };
        Assert.Equal(
            [
                ("/code.fd", FileUse.Read), ("/base.qcow2", FileUse.Read), ("/dev/vg/a", FileUse.Written), ("/n.qcow2", FileUse.Written), ("/nb.qcow2", FileUse.Read),
                ("/k,1.raw", FileUse.Read), ("/vmlinuz", FileUse.Loaded), ("/fw", FileUse.Loaded), ("/k2", FileUse.Loaded), ("/rom", FileUse.Loaded), ("/data.raw", FileUse.Written),
            ],
            NamedFiles.Of(line, nodes).Select(file => (file.Path, file.Use)));
    }

    [Fact]
    public void A_command_line_that_cannot_be_read_names_no_files_and_ends_nothing() => Gen.String.Sample(text =>
        Assert.NotNull(NamedFiles.TryOf(CommandLine.Parse(["q", "-blockdev", "{" + text, "-kernel", text, "-fw_cfg", text]), [new BlockNode("n", "file", "json:" + text, false, [])])));
}
