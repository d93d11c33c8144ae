using System.Text.Json.Nodes;
using System.Xml.Linq;
using VirtHandover.Handover.Disks;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Disks;

public class CurrentDisksTests
{
    private const string Storage = """{"driver":"file","filename":"/a.qcow2","node-name":"libvirt-1-storage","cache":{"direct":true,"no-flush":false},"auto-read-only":true,"discard":"unmap"}""";
    private const string Format = """{"node-name":"libvirt-1-format","read-only":false,"cache":{"direct":true,"no-flush":false},"driver":"qcow2","file":"libvirt-1-storage","backing":null}""";
    private const string Device = """{"driver":"virtio-blk-pci","bus":"pci.0","addr":"0x4","drive":"libvirt-1-format","id":"virtio-disk0","bootindex":1,"write-cache":"on"}""";

    private static readonly CommandLine s_started = CommandLine.Parse(
        ["/qemu", "-blockdev", Storage, "-blockdev", Format, "-device", Device, "-msg", "timestamp=on"]);

    [Fact]
    public void A_disk_that_has_not_changed_is_left_word_for_word()
    {
        var line = CurrentDisks.Of(s_started, Domain(Disk(Image("/a.qcow2", 1))));
        Assert.Equal(s_started.Render(), line.Render());
    }

    [Fact]
    public void A_snapshot_is_put_above_the_image_with_the_disk_s_settings()
    {
        var line = CurrentDisks.Of(s_started, Domain(Disk(Image("/b.qcow2", 2), Image("/a.qcow2", 1))));
        Assert.Equal(
            [
                "/qemu",
                "-blockdev", Storage,
                "-blockdev", Format.Replace("\"read-only\":false", "\"read-only\":true", StringComparison.Ordinal),
                "-blockdev", Json("""{"driver":"file","filename":"/b.qcow2","node-name":"libvirt-2-storage","auto-read-only":true,"cache":{"direct":true,"no-flush":false},"discard":"unmap"}"""),
                "-blockdev", Json("""{"node-name":"libvirt-2-format","cache":{"direct":true,"no-flush":false},"driver":"qcow2","file":"libvirt-2-storage","read-only":false,"backing":"libvirt-1-format"}"""),
                "-device", Device.Replace("libvirt-1-format", "libvirt-2-format", StringComparison.Ordinal),
                "-msg", "timestamp=on",
            ],
            line.Render());
    }

    [Fact]
    public void A_snapshot_that_was_merged_again_leaves_what_the_VM_was_started_with()
    {
        var above = CurrentDisks.Of(s_started, Domain(Disk(Image("/b.qcow2", 2), Image("/a.qcow2", 1))));
        var merged = CurrentDisks.Of(above, Domain(Disk(Image("/a.qcow2", 1))));
        Assert.Equal(s_started.Render(), merged.Render());
    }

    [Fact]
    public void An_image_from_the_middle_of_a_chain_is_gone()
    {
        var three = CurrentDisks.Of(s_started, Domain(Disk(Image("/c.qcow2", 3), Image("/b.qcow2", 2), Image("/a.qcow2", 1))));
        var two = CurrentDisks.Of(three, Domain(Disk(Image("/c.qcow2", 3), Image("/a.qcow2", 1))));
        Assert.Equal(["libvirt-1-storage", "libvirt-1-format", "libvirt-3-storage", "libvirt-3-format"], two.All("blockdev").Select(option => option.Id));
        Assert.Equal("libvirt-1-format", two.Find("blockdev", "libvirt-3-format")!.Value.Text("backing"));
    }

    // No exception of the JSON library's.
    [Fact]
    public void An_image_whose_driver_is_no_text_is_of_no_known_format()
    {
        var odd = CommandLine.Parse(["/qemu", "-blockdev", Storage, "-blockdev", Format.Replace("\"qcow2\"", "7", StringComparison.Ordinal), "-device", Device]);
        var line = CurrentDisks.Of(odd, Domain(Disk(Image("/b.qcow2", 2), Image("/a.qcow2", 1))));
        Assert.Equal("7", line.Find("blockdev", "libvirt-1-format")!.Value.Text("driver"));
    }

    [Fact]
    public void A_copy_takes_the_image_s_place()
    {
        var line = CurrentDisks.Of(s_started, Domain(Disk(Image("/copy.img", 5, "raw"))));
        Assert.Equal(["libvirt-5-storage", "libvirt-5-format"], line.All("blockdev").Select(option => option.Id));
        // A raw image has nothing below it, and takes no word of that.
        Assert.DoesNotContain("backing", line.Find("blockdev", "libvirt-5-format")!.Value.Keys);
        Assert.Equal("libvirt-5-format", line.Find("device", "virtio-disk0")!.Value.Text("drive"));
    }

    [Fact]
    public void An_ejected_medium_leaves_an_empty_drive_and_an_inserted_one_fills_it()
    {
        var empty = CurrentDisks.Of(Drive("libvirt-1-format"), Domain(Cd()));
        Assert.Empty(empty.All("blockdev"));
        Assert.DoesNotContain("drive", empty.Find("device", "ide0-1-0")!.Value.Keys);

        var filled = CurrentDisks.Of(empty, Domain(Cd(Image("/x.iso", 7, "raw"))));
        Assert.Equal("/x.iso", filled.Find("blockdev", "libvirt-7-storage")!.Value.Text("filename"));
        Assert.Equal("on", filled.Find("blockdev", "libvirt-7-format")!.Value.Text("read-only"));
        Assert.Equal("libvirt-7-format", filled.Find("device", "ide0-1-0")!.Value.Text("drive"));
        // Nodes stand before the device that names them.
        Assert.Equal(["blockdev", "blockdev", "device"], filled.Options.Select(option => option.Name));
    }

    [Fact]
    public void Without_a_node_of_its_own_the_format_is_the_file_s()
    {
        // libvirt 10.1 and later, of raw images.
        var line = CurrentDisks.Of(Drive(null), Domain(Cd(Image("/x.iso", 7, "raw", hasFormatNode: false))));
        var only = Assert.Single(line.All("blockdev"));
        Assert.Equal(("libvirt-7-storage", "on"), (only.Id, only.Value.Text("read-only")));
        Assert.Equal("libvirt-7-storage", line.Find("device", "ide0-1-0")!.Value.Text("drive"));
    }

    [Theory]
    [InlineData("<source file='/b.qcow2'><encryption format='luks'/>{0}</source>")]
    [InlineData("<source file='/b.qcow2'><slices><slice type='storage' offset='1' size='2'/></slices>{0}</source>")]
    [InlineData("<source file='/b.qcow2' fdgroup='x'>{0}</source>")]
    [InlineData("<source file='/b.qcow2'></source>")]
    public void What_more_is_to_be_said_of_than_a_path_stays_for_the_judge(string source)
    {
        const string Names = "<privateData><nodenames><nodename type='storage' name='libvirt-2-storage'/><nodename type='format' name='libvirt-2-format'/></nodenames></privateData>";
        var domain = Domain($"<disk type='file' device='disk'><driver type='qcow2'/>{source.Replace("{0}", Names, StringComparison.Ordinal)}<alias name='virtio-disk0'/></disk>");
        Assert.Equal(s_started.Render(), CurrentDisks.Of(s_started, domain).Render());
    }

    [Theory]
    [InlineData("""{"node-name":"libvirt-1-format","driver":"qcow2","file":"libvirt-1-storage","encrypt":{"format":"luks","key-secret":"s"}}""")]
    [InlineData("""{"node-name":"libvirt-1-format","driver":"qcow2","file":"libvirt-1-storage","new-in-qemu-99":true}""")]
    [InlineData("""node-name=libvirt-1-format,driver=qcow2,file=libvirt-1-storage""")]
    public void Settings_of_a_disk_that_are_not_known_here_are_not_guessed_for_another_image(string format)
    {
        var started = CommandLine.Parse(["/qemu", "-blockdev", Storage, "-blockdev", format, "-device", Device]);
        Assert.Equal(started.Render(), CurrentDisks.Of(started, Domain(Disk(Image("/b.qcow2", 2), Image("/a.qcow2", 1)))).Render());
    }

    [Fact]
    public void A_node_that_another_device_names_too_is_not_taken_away()
    {
        var shared = s_started.Add("-device", """{"driver":"virtio-blk-pci","drive":"libvirt-1-format","id":"other"}""");
        Assert.Equal(shared.Render(), CurrentDisks.Of(shared, Domain(Disk(Image("/copy.qcow2", 5)))).Render());
    }

    private static CommandLine Drive(string? node) => CommandLine.Parse(
    [
        "/qemu",
        .. node is null ? (string[])[] : ["-blockdev", """{"driver":"file","filename":"/old.iso","node-name":"libvirt-1-storage","auto-read-only":true,"discard":"unmap"}""",
            "-blockdev", """{"node-name":"libvirt-1-format","read-only":true,"driver":"raw","file":"libvirt-1-storage"}"""],
        "-device", node is null ? """{"driver":"ide-cd","bus":"ide.1","id":"ide0-1-0"}""" : $$"""{"driver":"ide-cd","bus":"ide.1","drive":"{{node}}","id":"ide0-1-0"}""",
    ]);

    private static string Json(string text) => JsonNode.Parse(text)!.ToJsonString();

    private static DomainXml Domain(string devices) => DomainXml.Parse(
        $"<domain type='kvm'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid><devices>{devices}</devices></domain>");

    private static string Disk(params (string Path, int Number, string Format, bool HasFormatNode)[] images) =>
        $"<disk type='file' device='disk'><driver name='qemu' type='{images[0].Format}' cache='none'/>{Chain(images)}<target dev='vda' bus='virtio'/><alias name='virtio-disk0'/></disk>";

    [Fact]
    public void An_ejected_medium_has_left_the_names_of_its_nodes()
    {
        // As libvirt 9.0 writes it.
        const string Names = "<nodename type='storage' name='libvirt-3-storage'/><nodename type='format' name='libvirt-3-format'/>";
        const string Source = $"<source index='3'><privateData><nodenames>{Names}</nodenames></privateData></source>";
        var empty = CurrentDisks.Of(
            Drive("libvirt-1-format"), Domain($"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>{Source}<readonly/><alias name='ide0-1-0'/></disk>"));
        Assert.Empty(empty.All("blockdev"));
    }

    private static string Cd(params (string Path, int Number, string Format, bool HasFormatNode)[] images) =>
        $"<disk type='file' device='cdrom'><driver name='qemu' type='raw'/>{(images.Length > 0 ? Chain(images) : "")}<target dev='hdc' bus='ide'/><readonly/><alias name='ide0-1-0'/></disk>";

    private static (string Path, int Number, string Format, bool HasFormatNode) Image(string path, int number, string format = "qcow2", bool hasFormatNode = true) =>
        (path, number, format, hasFormatNode);

    private static string Chain((string Path, int Number, string Format, bool HasFormatNode)[] images)
    {
        var below = new XElement("backingStore").ToString();
        for (var at = images.Length - 1; at >= 0; at--)
        {
            var (path, number, format, hasFormatNode) = images[at];
            var names = $"<nodename type='storage' name='libvirt-{number}-storage'/>{(hasFormatNode ? $"<nodename type='format' name='libvirt-{number}-format'/>" : "")}";
            var image = $"<source file='{path}' index='{number}'><privateData><nodenames>{names}</nodenames></privateData></source>{below}";
            below = at == 0 ? image : $"<backingStore type='file' index='{number}'><format type='{format}'/>{image}</backingStore>";
        }

        return below;
    }
}
