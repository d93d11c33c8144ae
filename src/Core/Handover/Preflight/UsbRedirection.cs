using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>USB devices that a SPICE client lends the guest (<c>-device usb-redir</c> on a <c>spicevmc</c>). Without a client they are empty sockets.</summary>
internal static class UsbRedirection
{
    /// <summary><c>SPICE_CHANNEL_USBREDIR</c> of the SPICE protocol.</summary>
    private const int Channel = 9;

    /// <summary>Whether a device is one whose other end is a SPICE client.</summary>
    /// <param name="line">The command line.</param>
    /// <param name="id">The device.</param>
    internal static bool IsOfSpice(CommandLine line, string id) =>
        line.Find("device", id)?.Value.Text("chardev") is { } chardev && line.Find("chardev", chardev)?.Kind == "spicevmc";

    /// <summary>Whether a client has such a channel open. QEMU is asked only if it has one.</summary>
    /// <param name="qmp">The source's monitor.</param>
    /// <param name="line">Its command line.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static async Task<bool> IsOpenAsync(IQmpChannel qmp, CommandLine line, CancellationToken cancellationToken = default) =>
        HasAny(line) && (await qmp.QuerySpiceChannelsAsync(cancellationToken).ConfigureAwait(false)).Contains(Channel);

    // An option that cannot be read is refused by the preflight.
    private static bool HasAny(CommandLine line)
    {
        try
        {
            return line.All("spice").Any() && line.All("device").Any(device => device.Kind == "usb-redir");
        }
        catch (CommandLineException)
        {
            return false;
        }
    }
}
