using System.Xml.Linq;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Tests.Unit.Libvirt;

public class DomainXmlTests
{
    private static readonly DomainXml Domain = StatusFileTests.Running.Domain;

    [Fact]
    public void The_frame_is_read()
    {
        Assert.Equal(("qemu", "pc-i440fx-7.2", "x86_64"), (Domain.Type, Domain.Machine, Domain.Architecture));
        Assert.False(Domain.HasHugePages);
        Assert.Empty(Domain.ExtraArguments);
    }

    // In a chain, and not those whose kind libvirt has written down.
    [Fact]
    public void Volumes_that_libvirt_looks_up_are_read()
    {
        var xml = XElement.Parse("""
            <domain><devices>
              <disk type='file'><source file='/a'/><backingStore type='volume'><source pool='p' volume='base'/><backingStore/></backingStore></disk>
              <disk type='volume'><source pool='p' volume='data'/></disk>
              <disk type='volume'><source pool='q' volume='known' actualType='block'/></disk>
              <disk type='volume' device='cdrom'/>
            </devices></domain>
            """);
        Assert.Equal([("p", "base"), ("p", "data")], new DomainXml(xml, Guid.NewGuid(), "web").VolumesToLookUp);
    }

    [Fact]
    public void Devices_are_read()
    {
        InterfaceXml nic = Assert.Single(Domain.Interfaces);
        Assert.Equal(("ethernet", "tapx0", "virtio", "net0"), (nic.Type, nic.Target, nic.Model, nic.Alias));
        DiskXml disk = Assert.Single(Domain.Disks);
        Assert.Equal(("file", "/var/lib/libvirt/images/a.qcow2"), (disk.Type, disk.Source));
        Assert.False(disk.IsReadOnly || disk.IsShareable);
        GraphicsXml screen = Assert.Single(Domain.Graphics);
        Assert.Equal("vnc", screen.Type);
        Assert.Equal(5, Domain.BalloonStatsPeriod);
    }

    [Fact]
    public void What_a_preflight_refuses_is_read()
    {
        DomainXml domain = DomainXml.Parse("""
            <domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <name>x</name><uuid>11111111-2222-3333-4444-555555555501</uuid>
              <memoryBacking><hugepages/></memoryBacking>
              <devices>
                <graphics type='spice' passwd='p'/>
                <disk type='network' device='cdrom'><source protocol='rbd' name='pool/a'/><readonly/><shareable/></disk>
              </devices>
              <qemu:commandline><qemu:arg value='-foo'/><qemu:arg value='bar'/></qemu:commandline>
            </domain>
            """);
        Assert.True(domain.HasHugePages);
        Assert.Equal(("spice", true), (domain.Graphics[0].Type, domain.Graphics[0].HasPassword));
        Assert.Equal(("pool/a", true, true), (domain.Disks[0].Source, domain.Disks[0].IsReadOnly, domain.Disks[0].IsShareable));
        Assert.Equal(["-foo", "bar"], domain.ExtraArguments);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<domain/>")]
    [InlineData("<domain><name>x</name>")]
    [InlineData("<network><name>x</name><uuid>11111111-2222-3333-4444-555555555501</uuid></network>")]
    public void What_is_no_domain_is_refused(string xml) => Assert.Throws<LibvirtException>(() => DomainXml.Parse(xml));
}
