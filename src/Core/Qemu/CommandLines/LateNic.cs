using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// A network device that the target gets only while the guest is paused: opening its tap earlier would reset the header size, the
/// offloads and the queues under the running source.
/// </summary>
/// <param name="DeviceId">The device's id.</param>
/// <param name="Netdev">Arguments for <c>netdev_add</c>, without descriptors.</param>
/// <param name="Device">Arguments for <c>device_add</c>.</param>
/// <param name="TapFds">Tap descriptors as the command line numbers them: true of a domain's first process only; afterwards find the tap by its interface.</param>
/// <param name="VhostFds">vhost-net descriptors, likewise; a target needs fresh ones.</param>
internal sealed record LateNic(
    string DeviceId, JsonObject Netdev, JsonObject Device, IReadOnlyList<int> TapFds, IReadOnlyList<int> VhostFds)
{
    /// <summary>True when the kernel moves its frames (vhost-net).</summary>
    internal bool UsesVhost => VhostFds.Count > 0 || (Netdev["vhost"] is JsonValue vhost && vhost.TryGetValue<bool>(out var on) && on);

    /// <summary>Arguments for <c>netdev_add</c> with descriptors: numbers that the target inherits, or names that <c>getfd</c> has given.</summary>
    /// <param name="taps">One per queue.</param>
    /// <param name="vhosts">One per queue, or none.</param>
    internal JsonObject NetdevWith(IReadOnlyList<string> taps, IReadOnlyList<string> vhosts)
    {
        var netdev = (JsonObject)Netdev.DeepClone();
        Put(netdev, "fd", "fds", taps);
        Put(netdev, "vhostfd", "vhostfds", vhosts);
        return netdev;
    }

    /// <summary>Reads a pair of options.</summary>
    /// <exception cref="CommandLineException">A descriptor's number does not parse.</exception>
    internal static LateNic Of(CommandLineOption device, CommandLineOption netdev)
    {
        var fds = FdReference.Of(new CommandLine("", [netdev]));
        var json = OptionTyping.ToJson(netdev);
        foreach (var key in (string[])["fd", "fds", "vhostfd", "vhostfds"])
            json.Remove(key);
        return new LateNic(
            device.Id ?? "",
            json,
            OptionTyping.ToJson(device),
            [.. fds.Where(f => f.Role == FdRole.Tap).Select(f => f.Number)],
            [.. fds.Where(f => f.Role == FdRole.Vhost).Select(f => f.Number)]);
    }

    private static void Put(JsonObject netdev, string one, string many, IReadOnlyList<string> names)
    {
        if (names.Count == 1)
            netdev[one] = names[0];
        else if (names.Count > 1)
            netdev[many] = string.Join(':', names);
    }
}
