using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Settings;

public class DomainSettingsTests
{
    [Theory]
    [InlineData("destroy", "", """set-action {"reboot":"shutdown"}""")]
    [InlineData("restart", "", "")]
    [InlineData("destroy", "-no-reboot", "")]
    public void QEMU_is_told_what_a_reboot_is_unless_its_command_line_says_so(string action, string option, string expected)
    {
        var line = CommandLine.Parse(option.Length > 0 ? ["/qemu", option] : ["/qemu"]);
        Assert.Equal(expected, Text(DomainSettings.Early(Domain($"<on_reboot>{action}</on_reboot>"), line)));
    }

    [Fact]
    public void Only_cards_that_do_not_carry_it_are_told_that_their_cable_is_pulled()
    {
        var domain = Domain($"<devices>{Card("net0", "virtio", "down")}{Card("net1", "pcnet", "down")}{Card("net2", "e1000", "up")}</devices>");
        Assert.Equal("""set_link {"name":"net1","up":false}""", Text(DomainSettings.Links(domain)));
    }

    [Theory]
    [InlineData("<currentMemory unit='KiB'>1024</currentMemory>", "<currentMemory unit='KiB'>2048</currentMemory>", true)]
    [InlineData("<clock offset='variable' adjustment='1' basis='utc'/>", "<clock offset='variable' adjustment='7' basis='utc'/>", true)]
    [InlineData("<clock offset='variable' adjustment='1' basis='utc'/>", "<clock offset='variable' adjustment='1' basis='localtime'/>", false)]
    [InlineData("<devices><channel><target name='a' state='connected'/></channel></devices>", "<devices><channel><target name='a' state='disconnected'/></channel></devices>", true)]
    [InlineData("<devices><channel><target name='a'/></channel></devices>", "<devices><channel><target name='b'/></channel></devices>", false)]
    [InlineData("<metadata><a/></metadata><cputune><shares>1</shares></cputune>", "<cputune><shares>1</shares></cputune>", true)]
    [InlineData("<cputune><shares>1</shares></cputune>", "<cputune>\n  <shares>1</shares>\n</cputune>", true)]
    [InlineData("<cputune><shares>1</shares></cputune>", "<cputune><shares>2</shares></cputune>", false)]
    [InlineData("<cputune><shares>1</shares></cputune>", "", false)]
    public void What_the_guest_changes_by_itself_is_no_change(string one, string other, bool same) =>
        Assert.Equal(same, DomainSettings.AreSame(Domain(one), Domain(other)));

    private static string Card(string alias, string model, string link) =>
        $"<interface type='bridge'><model type='{model}'/><link state='{link}'/><alias name='{alias}'/></interface>";

    private static string Text(IEnumerable<VirtHandover.Handover.Journal.Replay> replays) =>
        string.Join(';', replays.Select(replay => $"{replay.Command} {replay.Arguments.ToJsonString()}"));

    private static DomainXml Domain(string elements) =>
        DomainXml.Parse($"<domain type='kvm'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid>{elements}</domain>");
}
