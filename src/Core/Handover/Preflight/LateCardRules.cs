using System.Globalization;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// Whether a network card can be plugged into a target that waits for its stream. QEMU would say so only when it is tried, with the guest
/// standing still. Each line was tried with QEMU 7.2.22 and 10.0.2 (<c>-S -incoming defer</c>, <c>device_add</c>). Pure.
/// </summary>
internal static class LateCardRules
{
    /// <summary>The first QEMU machine in which every PCI bridge of a q35 takes devices by ACPI.</summary>
    private static readonly Version BridgesByAcpi = new(6, 1);

    /// <summary>Why it cannot; null when it can. What is not known to work is refused.</summary>
    /// <param name="card">The card's <c>-device</c>.</param>
    /// <param name="line">The whole command line.</param>
    /// <param name="machine">The machine type, resolved.</param>
    /// <returns>The rest of a sentence that begins with the card, without a full stop.</returns>
    internal static string? WhyNot(CommandLineOption card, CommandLine line, string machine)
    {
        var value = card.Value;
        var driver = card.Kind ?? "";
        // A USB card can be plugged anywhere; that QEMU cannot migrate it is another rule's.
        if (driver.EndsWith("-ccw", StringComparison.Ordinal) || driver is "usb-net")
            return null;
        if (driver.EndsWith("-device", StringComparison.Ordinal))
            return "sits on virtio-mmio, where nothing can be plugged";
        if (driver is "ne2k_isa")
            return "sits on the ISA bus, where nothing can be plugged";
        // Without a BAR the ROM would be given by fw_cfg, which is filled before the machine starts.
        if (IsOff(value.Text("rombar")) && value.Text("romfile") != "")
            return "has an option ROM without a BAR (<rom bar='off'/>), with which a card cannot be plugged";
        if (Function(value.Text("addr")) != 0)
            return "is not the first function of its slot, and QEMU plugs no other beside it";
        if (value.IsOn("multifunction"))
            return "shares its slot with other functions";
        return Bus(value.Text("bus") ?? (IsPc(machine) ? "pci.0" : "pcie.0"), line, machine);
    }

    private static string? Bus(string bus, CommandLine line, string machine)
    {
        if (bus == "pcie.0")
            return "is built into the machine's root bus (pcie.0), where nothing can be plugged; behind a PCIe root port it can";
        if (bus == "pci.0" && line.Find("device", bus) is null)
            return RootBus(line, machine);
        if (line.Find("device", bus) is not { } bridge)
            return $"sits on '{bus}', which is not known to take devices while it runs";
        switch (bridge.Kind)
        {
            case "pcie-root-port" or "ioh3420" or "xio3130-downstream":
                return IsOff(bridge.Value.Text("hotplug")) ? $"sits behind the port '{bus}', which has hotplug='off'" : null;
            case "pci-bridge" or "pcie-pci-bridge":
                return IsOff(bridge.Value.Text("shpc")) && !BridgesHaveAcpi(line, machine)
                    ? $"sits behind the bridge '{bus}', which has no hot-plug controller"
                    : null;
            case "i82801b11-bridge":
                return BridgesHaveAcpi(line, machine) ? null : $"sits behind the bridge '{bus}', which takes no devices in the machine {machine}";
            case "pxb" or "pxb-pcie":
                return $"sits on the expander bus '{bus}' ({bridge.Kind}), where nothing can be plugged; behind a bridge or port on it it can";
            default:
                return $"sits behind '{bus}' ({bridge.Kind}), which is not known to take devices while it runs";
        }
    }

    private static string? RootBus(CommandLine line, string machine)
    {
        if (!IsPc(machine))
            return null;
        if (!HasAcpi(line))
            return "is on the root bus of a machine without ACPI, where nothing can be plugged";
        return IsOff(Global(line, "PIIX4_PM", "acpi-root-pci-hotplug")) ? "is on the root bus (pci-root), which has hotplug='off'" : null;
    }

    private static bool BridgesHaveAcpi(CommandLine line, string machine)
    {
        if (IsPc(machine))
            return HasAcpi(line) && !IsOff(Global(line, "PIIX4_PM", "acpi-pci-hotplug-with-bridge-support"));
        return machine.StartsWith("pc-q35-", StringComparison.Ordinal)
            && Version.TryParse(machine["pc-q35-".Length..], out var version) && version >= BridgesByAcpi
            && !IsOff(Global(line, "ICH9-LPC", "acpi-pci-hotplug-with-bridge-support"));
    }

    private static bool IsPc(string machine) =>
        machine is "pc" or "isapc" || (machine.StartsWith("pc-", StringComparison.Ordinal) && !machine.StartsWith("pc-q35", StringComparison.Ordinal));

    private static bool HasAcpi(CommandLine line) =>
        line.Last("no-acpi") is null && !line.Options.Any(o => o.Name is "machine" or "M" && IsOff(o.Value.Text("acpi")));

    // "-global PIIX4_PM.x=off", or "driver=…,property=…,value=…".
    private static string? Global(CommandLine line, string driver, string property) => line.All("global")
        .Select(o => o.Value.Text("driver") == driver && o.Value.Text("property") == property ? o.Value.Text("value") : o.Value.Text($"{driver}.{property}"))
        .LastOrDefault(text => text is not null);

    private static bool IsOff(string? text) => text is "off" or "no" or "false" or "n" or "0";

    // "0x3", "3.1", "0x3.0x1"; what does not parse is not refused here.
    private static int Function(string? address)
    {
        var text = address?.Split('.') is [_, var function] ? function : "0";
        var hex = text.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        return int.TryParse(hex ? text[2..] : text, hex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : 0;
    }
}
