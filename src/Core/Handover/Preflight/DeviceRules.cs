using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Devices whose state lives elsewhere or belongs to one process.</summary>
internal static class DeviceRules
{
    // hw/: vmstate with .unmigratable = 1 in QEMU 7.2 to 11.1; not in blocked-reasons until a migration is tried.
    private static readonly string[] Unmigratable =
        ["nvme", "nvme-subsys", "amd-iommu", "usb-mtp", "usb-net", "cxl-type3", "virtio-crypto-pci", "virtio-crypto-device", "virtio-crypto-ccw", "ivshmem-doorbell"];

    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        // What is plugged now and what the command line says: a drift must not hide a device.
        var devices = facts.Live.Devices.Peripherals.Select(p => (Id: p.Key, Type: p.Value))
            .Concat(facts.Line.All("device").Select(o => (Id: o.Id ?? "", Type: o.Kind ?? "")))
            .DistinctBy(d => (d.Id, d.Type));
        return devices.SelectMany(d => Device(d.Id, d.Type, facts)).Concat(Backends(facts.Line));
    }

    private static IEnumerable<Finding> Device(string id, string type, SourceFacts facts)
    {
        var line = facts.Line;
        if (type.StartsWith("vfio-", StringComparison.Ordinal))
        {
            var sysfs = line.Find("device", id)?.Value.Text("sysfsdev") ?? "";
            yield return sysfs.Contains("mdev", StringComparison.Ordinal) || type is "vfio-ccw" or "vfio-ap"
                ? FindingCodes.Mdev.Says($"The device '{id}' is a mediated device.")
                : FindingCodes.Vfio.Says($"The device '{id}' ({type}) is passed through.");
        }
        else if (type.StartsWith("vhost-user-fs", StringComparison.Ordinal))
            yield return FindingCodes.VirtioFs.Says($"The device '{id}' is a virtiofs file system.");
        else if (type.StartsWith("vhost-user-", StringComparison.Ordinal) || type.StartsWith("virtio-vhost-user", StringComparison.Ordinal))
            yield return FindingCodes.VhostUser.Says($"The device '{id}' ({type}) is served by another process.");
        else if (type.StartsWith("vhost-vsock", StringComparison.Ordinal))
            yield return FindingCodes.Vsock.Says($"The device '{id}' is a vsock.");
        else if (type.StartsWith("vhost-scsi", StringComparison.Ordinal))
            yield return FindingCodes.VhostScsi.Says($"The device '{id}' is vhost-scsi.");
        else if (type.StartsWith("vhost-vdpa", StringComparison.Ordinal))
            yield return FindingCodes.Vdpa.Says($"The device '{id}' is vDPA.");
        else if (type == "usb-host")
            yield return FindingCodes.UsbHost.Says($"The device '{id}' is a USB device of the host.");
        else if (type == "usb-redir")
        {
            // With nothing in it, it is an empty socket; its client finds it again.
            if (!UsbRedirection.IsOfSpice(line, id))
                yield return FindingCodes.UsbRedir.Says($"The device '{id}' is a redirected USB device.");
            else if (facts.Live.LentUsb.Contains(id))
                yield return FindingCodes.UsbRedir.Says($"A SPICE client has a USB device in the guest by '{id}'.");
        }
        else if (type.StartsWith("virtio-9p", StringComparison.Ordinal))
            yield return FindingCodes.NineP.Says($"The device '{id}' is a 9p file system.");
        else if (type.StartsWith("virtio-mem", StringComparison.Ordinal))
            yield return FindingCodes.VirtioMem.Says($"The device '{id}' is virtio-mem.");
        else if (type is "nvdimm" || type.StartsWith("virtio-pmem", StringComparison.Ordinal))
            yield return FindingCodes.Nvdimm.Says($"The device '{id}' is an NVDIMM or virtio-pmem.");
        else if (type == "ivshmem-plain")
            yield return FindingCodes.Ivshmem.Says($"The device '{id}' shares memory with others.");
        else if (Unmigratable.Contains(type))
            yield return FindingCodes.DevUnmigratable.Says($"The device '{id}' is a {type}.");
    }

    private static IEnumerable<Finding> Backends(CommandLine line)
    {
        foreach (var tpm in line.All("tpmdev"))
        {
            yield return tpm.Kind == "passthrough"
                ? FindingCodes.TpmPassthrough.Says($"The TPM '{tpm.Id}' is the host's.")
                : FindingCodes.SwTpm.Says($"The TPM '{tpm.Id}' is a swtpm.");
        }

        foreach (var item in line.All("object"))
        {
            switch (item.Kind)
            {
                case "sev-guest" or "sev-snp-guest" or "tdx-guest" or "pef-guest" or "s390-pv-guest" or "memory-backend-epc":
                    yield return FindingCodes.Sev.Says($"The VM has confidential memory ({item.Kind}).");
                    break;
                case "dbus-vmstate":
                    yield return FindingCodes.NetHelper.Says($"The VM depends on a helper process over D-Bus ('{item.Id}').");
                    break;
                case "vfio-user-server" or "x-remote-object":
                    yield return FindingCodes.DevUnmigratable.Says($"The object '{item.Id}' is a {item.Kind}.");
                    break;
            }
        }
    }
}
