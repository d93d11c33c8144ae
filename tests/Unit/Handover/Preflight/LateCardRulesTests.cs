using VirtHandover.Handover.Preflight;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

/// <summary>What QEMU 7.2.22 and 10.0.2 answered to <c>device_add</c> while they waited for a stream, case by case.</summary>
public class LateCardRulesTests
{
    private const string RootPort = """{"driver":"pcie-root-port","port":8,"chassis":1,"id":"pci.1","bus":"pcie.0","addr":"0x2"}""";
    private const string Pxb = """{"driver":"pxb","bus_nr":100,"id":"pci.1","bus":"pci.0","addr":"0x4"}""";
    private const string PxbPcie = """{"driver":"pxb-pcie","bus_nr":100,"id":"pci.1","bus":"pcie.0","addr":"0x4"}""";
    private const string Dmi = """{"driver":"i82801b11-bridge","id":"pci.1","bus":"pcie.0","addr":"0x1e"}""";

    [Theory]
    [InlineData("pc-i440fx-7.2", "pci.0,addr=0x3")]
    [InlineData("pc-i440fx-7.2", "pci.0,addr=0x3,rombar=0,romfile=")]
    [InlineData("pc-i440fx-7.2", "pci.0,addr=0x3,rombar=1")]
    [InlineData("pc-i440fx-7.2", "pci.0,addr=0x3", "-global", "PIIX4_PM.acpi-pci-hotplug-with-bridge-support=off")]
    [InlineData("pc-i440fx-7.2", "pci.1,addr=0x3", "-no-acpi", "", "-device", "pci-bridge,id=pci.1,bus=pci.0,chassis_nr=1,addr=0x4")]
    [InlineData("pc-i440fx-7.2", "pci.1,addr=0x3", "-global", "PIIX4_PM.acpi-root-pci-hotplug=off", "-device", "pci-bridge,id=pci.1,bus=pci.0,chassis_nr=1,addr=0x4")]
    [InlineData("pc-i440fx-7.2", "pci.1,addr=0x3", "-device", "pci-bridge,id=pci.1,bus=pci.0,chassis_nr=1,addr=0x4,shpc=off")]
    [InlineData("pc-i440fx-7.2", "pci.2,addr=0x1", "-device", Pxb, "-device", "pci-bridge,id=pci.2,bus=pci.1,chassis_nr=2,addr=0x1")]
    [InlineData("pc-q35-7.2", "pci.1,addr=0x0", "-device", RootPort)]
    [InlineData("pc-q35-5.2", "pci.1,addr=0x0", "-device", RootPort)]
    [InlineData("pc-q35-7.2", "pci.1,addr=0x0", "-machine", "q35,acpi=off", "-device", RootPort)]
    [InlineData("pc-q35-7.2", "pci.2,addr=0x0", "-device", PxbPcie, "-device", """{"driver":"pcie-root-port","id":"pci.2","bus":"pci.1","hotplug":true}""")]
    [InlineData("pc-q35-7.2", "pci.2,addr=0x1", "-device", RootPort, "-device", "pcie-pci-bridge,id=pci.2,bus=pci.1,addr=0x0")]
    [InlineData("pc-q35-7.2", "pci.1,addr=0x1", "-device", Dmi)]
    [InlineData("pc-q35-5.2", "pci.2,addr=0x1", "-device", Dmi, "-device", "pci-bridge,id=pci.2,bus=pci.1,chassis_nr=2,addr=0x0")]
    [InlineData("pc-q35-7.2", "pci.3", "-device", "xio3130-downstream,id=pci.3,bus=pci.2,chassis=3,port=1")]
    [InlineData("s390-ccw-virtio-7.2", "x", "virtio-net-ccw")]
    public void A_card_that_QEMU_took_is_carried(string machine, string place, params string[] line) => Assert.Null(WhyNot(machine, place, line));

    [Theory]
    [InlineData("<rom bar='off'/>", "pc-i440fx-7.2", "pci.0,addr=0x3,rombar=0")]
    [InlineData("without ACPI", "pc-i440fx-7.2", "pci.0,addr=0x3", "-no-acpi", "")]
    [InlineData("without ACPI", "pc-i440fx-7.2", "pci.0,addr=0x3", "-machine", "pc-i440fx-7.2,usb=off,acpi=off")]
    [InlineData("pci-root), which has hotplug='off'", "pc-i440fx-7.2", "pci.0,addr=0x3", "-global", "PIIX4_PM.acpi-root-pci-hotplug=off")]
    [InlineData("no hot-plug controller", "pc-i440fx-7.2", "pci.1,addr=0x3", "-no-acpi", "", "-device", "pci-bridge,id=pci.1,bus=pci.0,shpc=off")]
    [InlineData("expander bus", "pc-i440fx-7.2", "pci.1,addr=0x0", "-device", Pxb)]
    [InlineData("expander bus", "pc-q35-7.2", "pci.1,addr=0x0", "-device", PxbPcie)]
    [InlineData("root bus (pcie.0)", "pc-q35-7.2", "pcie.0,addr=0x3")]
    [InlineData("root bus (pcie.0)", "pc-q35-7.2", "")]
    [InlineData("port 'pci.1', which has hotplug='off'", "pc-q35-7.2", "pci.1", "-device", """{"driver":"pcie-root-port","id":"pci.1","bus":"pcie.0","hotplug":false}""")]
    [InlineData("port 'pci.3', which has hotplug='off'", "pc-q35-7.2", "pci.3", "-device", "xio3130-downstream,id=pci.3,bus=pci.2,hotplug=off")]
    [InlineData("takes no devices in the machine pc-q35-5.2", "pc-q35-5.2", "pci.1,addr=0x1", "-device", Dmi)]
    [InlineData("not the first function", "pc-i440fx-7.2", "pci.0,addr=0x3.0x1")]
    [InlineData("shares its slot", "pc-i440fx-7.2", "pci.0,addr=0x3,multifunction=on")]
    [InlineData("virtio-mmio", "microvm", "virtio-mmio-bus.23", "virtio-net-device")]
    [InlineData("ISA", "pc-i440fx-7.2", "isa.0", "ne2k_isa")]
    [InlineData("not known", "pc-q35-7.2", "pci.7")]
    [InlineData("not known", "pc-q35-7.2", "pci.1", "-device", "vmd,id=pci.1")]
    public void A_card_that_QEMU_would_refuse_in_the_pause_is_refused_before(string reason, string machine, string place, params string[] line) =>
        Assert.Contains(reason, WhyNot(machine, place, line), StringComparison.Ordinal);

    // A first word that is no option is the card's driver.
    private static string? WhyNot(string machine, string place, string[] line)
    {
        var driver = line is [{ Length: > 0 } first, ..] && first[0] != '-' ? first : "virtio-net-pci";
        var options = line.SkipWhile(word => word == driver).Where(word => word.Length > 0);
        var card = new CommandLineOption("-device", $"{driver},netdev=hostnet0,id=net0{(place.Length > 0 ? ",bus=" + place : "")}");
        return LateCardRules.WhyNot(card, CommandLine.Parse(["qemu", .. options]), machine);
    }
}
