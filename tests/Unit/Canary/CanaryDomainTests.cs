using System.Xml.Linq;
using VirtHandover.Canary;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Tests.Unit.Canary;

public class CanaryDomainTests
{
    private const string Model = """
        <domain type='kvm' id='3'>
          <name>web &amp; 01</name><uuid>0a4ae5b7-5a53-4b0e-9d2c-000000000001</uuid>
          <vcpu>8</vcpu>
          <os><type arch='ARCH' machine='pc-q35-7.2'>hvm</type></os>
          <cpu mode='custom' match='exact'><model>Haswell</model><topology sockets='2' cores='4' threads='1'/><feature policy='disable' name='hle'/>
            <numa><cell id='0' cpus='0-7' memory='8' unit='GiB'/></numa></cpu>
          <devices><emulator>/usr/libexec/qemu-kvm</emulator><disk type='file'/><interface type='bridge'/></devices>
        </domain>
        """;

    [Fact]
    public void It_is_a_machine_like_the_model_and_has_nothing_of_its_own()
    {
        var canary = XElement.Parse(CanaryDomain.Xml(DomainXml.Parse(Model.Replace("ARCH", "x86_64", StringComparison.Ordinal)), "/var/cache/a <b>/qemu"));
        Assert.Equal(("kvm", "pc-q35-7.2", "x86_64"), (
            canary.Attribute("type")!.Value, canary.Element("os")!.Element("type")!.Attribute("machine")!.Value,
            canary.Element("os")!.Element("type")!.Attribute("arch")!.Value));
        Assert.Equal("/var/cache/a <b>/qemu", canary.Element("devices")!.Element("emulator")!.Value);
        Assert.Equal(CanaryDomain.Uuid.ToString(), canary.Element("uuid")!.Value);
        Assert.Equal(["model", "feature"], canary.Element("cpu")!.Elements().Select(element => element.Name.LocalName));
        Assert.Empty(canary.Descendants("disk").Concat(canary.Descendants("interface")));
        Assert.Equal("shared", canary.Element("memoryBacking")!.Element("access")!.Attribute("mode")!.Value);
        Assert.NotNull(canary.Element("features"));
    }

    [Fact]
    public void ACPI_is_asked_for_only_where_no_firmware_is_needed_for_it() =>
        Assert.Null(XElement.Parse(CanaryDomain.Xml(DomainXml.Parse(Model.Replace("ARCH", "aarch64", StringComparison.Ordinal)), "/q")).Element("features"));
}
