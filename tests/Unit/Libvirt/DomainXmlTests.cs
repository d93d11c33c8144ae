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
        Assert.Equal((2, 2), (Domain.Vcpus, Domain.CurrentVcpus));
        Assert.Equal([1], Domain.IoThreadIds);
        Assert.Equal(("memfd", "shared", false), (Domain.MemoryBacking.Source, Domain.MemoryBacking.Access, Domain.MemoryBacking.Discard));
        Assert.Null(Domain.LaunchSecurity);
        Assert.Null(Domain.CpuTune);
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
        Assert.Equal(("ethernet", "tapx0", "virtio", "net0", 1), (nic.Type, nic.Target, nic.Model, nic.Alias, nic.Queues));
        DiskXml disk = Assert.Single(Domain.Disks);
        Assert.Equal(("file", "disk", "qcow2", "/var/lib/libvirt/images/a.qcow2", "vda", "virtio"), (disk.Type, disk.Device, disk.Format, disk.Source, disk.Target, disk.Bus));
        Assert.False(disk.IsReadOnly || disk.IsShareable || disk.HasMirror || disk.HasThrottle);
        GraphicsXml screen = Assert.Single(Domain.Graphics);
        Assert.Equal(("vnc", 5900, null), (screen.Type, screen.Port, screen.TlsPort));
        Assert.Equal(["127.0.0.1"], screen.Addresses);
        Assert.Equal(["serial", "console", "channel"], Domain.CharacterDevices.Select(device => device.Kind));
        Assert.Equal("org.qemu.guest_agent.0", Domain.CharacterDevices[2].TargetName);
        Assert.Equal(("virtio", 5), (Domain.BalloonModel, Domain.BalloonStatsPeriod));
        Assert.Equal(["random"], Domain.RandomBackends);
        Assert.Equal(["i6300esb"], Domain.Watchdogs);
        Assert.Contains("watchdog0", Domain.Aliases);
        Assert.False(Domain.HasVsock);
    }

    [Fact]
    public void What_a_preflight_refuses_is_read()
    {
        DomainXml domain = DomainXml.Parse("""
            <domain type='kvm' id='7' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
              <name>x</name><uuid>11111111-2222-3333-4444-555555555501</uuid>
              <vcpu current='1' cpuset='0-1'>4</vcpu><iothreads>2</iothreads><iothreadids><iothread id='4'/><iothread id='2'/></iothreadids>
              <memoryBacking><hugepages/><discard/><locked/><access mode='private'/></memoryBacking>
              <launchSecurity type='sev'/>
              <devices>
                <hostdev mode='subsystem' type='pci'/><filesystem><driver type='virtiofs'/></filesystem><filesystem/>
                <vsock/><shmem name='a'><model type='ivshmem-plain'/></shmem><tpm><backend type='emulator'/></tpm>
                <memory model='dimm'/><redirdev/>
                <graphics type='spice' port='5901' tlsPort='-1' passwd='p'><listen type='socket' socket='/run/s'/></graphics>
                <interface type='user'><backend type='passt'/><driver name='vhost' queues='4'/></interface>
                <disk type='network' device='cdrom'><source protocol='rbd' name='pool/a'/><readonly/><shareable/><iotune/></disk>
              </devices>
              <qemu:commandline><qemu:arg value='-foo'/><qemu:arg value='bar'/></qemu:commandline>
            </domain>
            """);
        Assert.Equal((4, 1, "0-1", 7), (domain.Vcpus, domain.CurrentVcpus, domain.VcpuCpuSet, domain.Id));
        Assert.Equal([4, 2], domain.IoThreadIds);
        Assert.True(domain.MemoryBacking.HugePages && domain.MemoryBacking.Discard && domain.MemoryBacking.Locked);
        Assert.Equal("sev", domain.LaunchSecurity);
        Assert.Equal(["subsystem/pci"], domain.HostDevices);
        Assert.Equal(["virtiofs", "path"], domain.FileSystems);
        Assert.True(domain.HasVsock);
        Assert.Equal(["ivshmem-plain"], domain.SharedMemoryModels);
        Assert.Equal(["emulator"], domain.TpmBackends);
        Assert.Equal(["dimm"], domain.MemoryDevices);
        Assert.Equal(1, domain.RedirectedDevices);
        Assert.Equal((5901, null, true, "/run/s"), (domain.Graphics[0].Port, domain.Graphics[0].TlsPort, domain.Graphics[0].HasPassword, domain.Graphics[0].Socket));
        Assert.Equal(("passt", "vhost", 4), (domain.Interfaces[0].Backend, domain.Interfaces[0].Driver, domain.Interfaces[0].Queues));
        Assert.Equal(("rbd", "pool/a", true, true, true), (domain.Disks[0].Protocol, domain.Disks[0].Source, domain.Disks[0].IsReadOnly, domain.Disks[0].IsShareable, domain.Disks[0].HasThrottle));
        Assert.Equal(["-foo", "bar"], domain.ExtraArguments);
        Assert.Equal("none", domain.BalloonModel);
    }

    [Theory]
    [InlineData("")]
    [InlineData("<domain/>")]
    [InlineData("<domain><name>x</name>")]
    [InlineData("<network><name>x</name><uuid>11111111-2222-3333-4444-555555555501</uuid></network>")]
    public void What_is_no_domain_is_refused(string xml) => Assert.Throws<LibvirtException>(() => DomainXml.Parse(xml));
}
