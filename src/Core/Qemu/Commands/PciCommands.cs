namespace VirtHandover.Qemu;

/// <summary>A function on a PCI bus (<c>query-pci</c>).</summary>
internal sealed record PciFunction(int Bus, int Slot, int Function, int Class, int Vendor, int Device, string Id)
{
    /// <summary>For example <c>00:1f.2</c>.</summary>
    internal string Address => $"{Bus:x2}:{Slot:x2}.{Function:x}";
}

/// <summary>The PCI buses.</summary>
internal static class PciCommands
{
    /// <summary><c>query-pci</c>, bridges unfolded, in QEMU's order.</summary>
    internal static async Task<IReadOnlyList<PciFunction>> QueryPciAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var functions = new List<PciFunction>();
        (await qmp.AskAsync("query-pci", null, cancellationToken).ConfigureAwait(false)).Each(bus => Collect(bus["devices"], functions));
        return functions;
    }

    private static int Collect(QmpReply devices, List<PciFunction> functions)
    {
        devices.Each(device =>
        {
            functions.Add(new PciFunction(
                device["bus"].Small(),
                device["slot"].Small(),
                device["function"].Small(),
                device["class_info"]["class"].Small(),
                device["id"]["vendor"].Small(),
                device["id"]["device"].Small(),
                device.Find("qdev_id")?.Text() ?? ""));
            return device.Find("pci_bridge")?.Find("devices") is { } behind ? Collect(behind, functions) : 0;
        });
        return functions.Count;
    }
}
