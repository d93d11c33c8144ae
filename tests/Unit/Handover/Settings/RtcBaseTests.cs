using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Settings;

public class RtcBaseTests
{
    private static readonly DateTimeOffset Started = new(2026, 11, 25, 8, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Now = new(2026, 11, 25, 20, 30, 15, 700, TimeSpan.Zero);

    [Theory]
    [InlineData("base=utc,driftfix=slew", "<clock offset='utc'/>", null)]
    [InlineData("base=localtime", "<clock offset='timezone' timezone='Europe/Berlin'/>", null)]
    [InlineData("driftfix=slew", "<clock offset='utc'/>", null)]
    [InlineData("base=2026-11-25T08:00:00,driftfix=slew", "<clock offset='variable' adjustment='-40' basis='utc'/>", "2026-11-25T20:30:15")]
    [InlineData("base=2026-11-25T08:00:00,clock=vm", "<clock offset='variable' adjustment='-40' basis='utc'/>", null)]
    [InlineData("base=2026-11-25T09:00:00", "<clock offset='variable' adjustment='77' adjustment0='3600' basis='utc'/>", "2026-11-25T21:30:15")]
    [InlineData("base=2026-11-25T07:00:00", "<clock offset='variable' adjustment='-3600' adjustment0='-3600'/>", "2026-11-25T19:30:15")]
    [InlineData("base=2026-11-25T07:00:00", "<clock offset='variable' adjustment0='9223372036854775807'/>", null)]
    [InlineData("base=2026-11-25T07:00:00", "<clock offset='variable' adjustment0='-9223372036854775808'/>", null)]
    [InlineData("base=9999-12-31T23:59:59", "<clock offset='absolute' start='253402300799'/>", null)]
    [InlineData("base=2000-01-01T00:00:00", "<clock offset='absolute' start='946684800'/>", "2000-01-01T12:30:15")]
    [InlineData("base=2000-01-01", "<clock offset='absolute' start='946684800'/>", "2000-01-01T12:30:15")]
    public void A_date_moves_on_with_the_VM_s_age(string option, string clock, string? expected) =>
        Assert.Equal(expected, RtcBase.For(CommandLine.Parse(["/qemu", "-rtc", option]), Domain(clock), Started, Now));

    [Fact]
    public void A_second_handover_reckons_from_the_first()
    {
        var domain = Domain("<clock offset='absolute' start='946684800'/>");
        var first = RtcBase.For(CommandLine.Parse(["/qemu", "-rtc", "base=2000-01-01T00:00:00"]), domain, Started, Now);
        var later = Now + TimeSpan.FromHours(1);
        Assert.Equal("2000-01-01T13:30:15", RtcBase.For(CommandLine.Parse(["/qemu", "-rtc", "base=" + first]), domain, Now, later));
    }

    [Fact]
    public void The_target_s_command_line_and_the_next_handover_s_have_it()
    {
        var source = CommandLine.Parse(Qemu.Corpus.CommandLine("libvirt-6.0-keyed")).Without("rtc").Add("-rtc", "base=2026-11-25T08:00:00,driftfix=slew");
        var start = TargetCommandLine.Build(source, new TargetPlan
        {
            Program = "/qemu",
            Memory = [new MemoryBackend("ram-node0", 1073741824, true)],
            Fdsets = [new Fdset(1, [new FdsetFd(19, "/var/log/serial,0.log")])],
            RtcBase = "2026-11-25T20:30:15",
        });
        Assert.Equal("base=2026-11-25T20:30:15,driftfix=slew", start.Line.Last("rtc")!.Argument);
        Assert.Equal("base=2026-11-25T20:30:15,driftfix=slew", start.Logical.Last("rtc")!.Argument);
    }

    private static DomainXml Domain(string clock) =>
        DomainXml.Parse($"<domain type='kvm'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid>{clock}</domain>");
}
