using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Settings;

public sealed class MonitorUseTests : IDisposable
{
    private static readonly ProcessIdentity Source = new(77, 1000);
    private static readonly ProcessIdentity Target = new(78, 2000);
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void Our_own_mark_is_not_taken_for_another_s_in_this_QEMU_and_the_next()
    {
        var clean = Status("");
        var marked = Status("<taint flag='high-privileges'/><taint flag='custom-monitor'/>");
        Assert.False(MonitorUse.WasBeforeUs(clean, Source, _directory.Path));
        Assert.False(MonitorUse.WasBeforeUs(marked, Source, _directory.Path));
        MonitorUse.HandOver(clean.Uuid, Source, Target, _directory.Path);
        Assert.False(MonitorUse.WasBeforeUs(marked, Target, _directory.Path));
        // Another run of the VM, in which somebody was faster.
        Assert.True(MonitorUse.WasBeforeUs(marked, new ProcessIdentity(78, 3000), _directory.Path));
    }

    [Fact]
    public void Another_s_mark_stays_another_s()
    {
        var marked = Status("<taint flag='custom-monitor'/>");
        Assert.True(MonitorUse.WasBeforeUs(marked, Source, _directory.Path));
        MonitorUse.HandOver(marked.Uuid, Source, Target, _directory.Path);
        Assert.True(MonitorUse.WasBeforeUs(marked, Target, _directory.Path));
        Assert.False(MonitorUse.WasBeforeUs(Status("<taint flag='high-privileges'/>"), new ProcessIdentity(80, 1), _directory.Path));
    }

    private static StatusFile Status(string taints) => StatusFile.Parse("a.xml", System.Text.Encoding.UTF8.GetBytes($"""
        <domstatus state='running' reason='booted' pid='77'>{taints}<monitor path='/m' type='unix'/>
        <domain type='kvm' id='1'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid><devices/></domain></domstatus>
        """));
}
