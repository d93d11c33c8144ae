using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// USB devices that a SPICE client lends the guest (<c>-device usb-redir</c> on a <c>spicevmc</c>). While no device is in one it is an
/// empty socket, also with a client's channel open: the new QEMU reads the channel's state and tells the device that it has ended.
/// </summary>
internal static class UsbRedirection
{
    /// <summary>Whether a device is one whose other end is a SPICE client.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="id">The device.</param>
    internal static bool IsOfSpice(CommandLine line, string id) =>
        line.Find("device", id)?.Value.Text("chardev") is { } chardev && line.Find("chardev", chardev)?.Kind == "spicevmc";

    /// <summary><c>qom-get attached</c>: the ids of those that have a client's device in the guest. QEMU is asked only if it has some.</summary>
    /// <param name="qmp">The source's monitor.</param>
    /// <param name="line">Its command line.</param>
    /// <param name="peripherals">Its devices that are there now, types by id.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static async Task<IReadOnlyList<string>> LentAsync(
        IQmpChannel qmp, CommandLine line, IReadOnlyDictionary<string, string> peripherals, CancellationToken cancellationToken = default)
    {
        List<string> lent = [];
        foreach (string id in Sockets(line, peripherals))
        {
            var attached = await qmp.QomGetAsync("/machine/peripheral/" + id, "attached", cancellationToken).ConfigureAwait(false);
            if (new QmpReply(attached, qmp.Peer, "qom-get attached").Flag())
                lent.Add(id);
        }

        return lent;
    }

    // An option that cannot be read is refused by the preflight.
    private static List<string> Sockets(CommandLine line, IReadOnlyDictionary<string, string> peripherals)
    {
        try
        {
            return [.. peripherals.Where(device => device.Value == "usb-redir" && IsOfSpice(line, device.Key)).Select(device => device.Key)];
        }
        catch (CommandLineException)
        {
            return [];
        }
    }
}
