using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Network devices: taps are carried, with vhost-net and with several queues, where their card can come late.</summary>
internal static class NetworkRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        foreach (var netdev in facts.Line.All("netdev"))
        {
            foreach (var finding in Backend(netdev, facts))
                yield return finding;
        }

        foreach (var legacy in facts.Line.Options.Where(o => o.Name is "net" or "nic" && o.Argument != "none"))
            yield return FindingCodes.NetOther.Says($"The VM has the network '{legacy.Token} {legacy.Argument}', an old form.");
    }

    private static IEnumerable<Finding> Backend(CommandLineOption netdev, SourceFacts facts)
    {
        var (id, value) = (netdev.Id ?? "", netdev.Value);
        switch (netdev.Kind)
        {
            case "tap":
                return Tap(id, value, facts);
            case "user":
                return User(id, value);
            case "vhost-user":
                return [FindingCodes.VhostUser.Says($"The network '{id}' is vhost-user.")];
            case "vhost-vdpa":
                return [FindingCodes.Vdpa.Says($"The network '{id}' is vDPA.")];
            case "passt":
            case "stream" when value.Text("addr.path")?.Contains("passt", StringComparison.Ordinal) == true
                || value.Text("addr")?.Contains("passt", StringComparison.Ordinal) == true:
                return [FindingCodes.NetPasst.Says($"The network '{id}' goes through passt.")];
            default:
                return [FindingCodes.NetOther.Says($"The network '{id}' is of the kind '{netdev.Kind}'.")];
        }
    }

    // It is in the target from its start: nothing of the host belongs to it, and until the guest goes on there it has nothing to send.
    private static IEnumerable<Finding> User(string id, OptionValue value) => value.Keys.Where(key => !IsHarmlessTwice(key)).ToList() is { Count: > 0 } others
        ? [FindingCodes.NetForward.Says($"The user-mode network '{id}' has {string.Join(", ", others.Distinct())}.")]
        : [FindingCodes.NetUser.Says($"The network '{id}' is a user-mode network; the guest's open connections through it end.")];

    // What is known of QEMU 7.2 to 11.1 (qapi/net.json, NetdevUserOptions) but "hostfwd", "guestfwd", "smb" and "smbserver".
    private static bool IsHarmlessTwice(string key) => key is "type" or "id" or "hostname" or "restrict" or "ipv4" or "ipv6" or "net" or "host" or "dhcpstart"
        or "dns" or "dnssearch" or "domainname" or "ipv6-prefix" or "ipv6-prefixlen" or "ipv6-host" or "ipv6-dns" or "tftp" or "tftp-server-name" or "bootfile";

    private static IEnumerable<Finding> Tap(string id, OptionValue value, SourceFacts facts)
    {
        if (facts.Status?.Domain.Interfaces.Any(i => i.Alias.Length > 0 && "host" + i.Alias == id && i.Type == "direct") == true)
            yield return FindingCodes.NetMacvtap.Says($"The network '{id}' is macvtap.");
        if (value.Text("fd") is null && value.Text("fds") is null)
            yield return FindingCodes.NetOther.Says($"The tap of the network '{id}' was opened by QEMU itself, not by libvirt.");
        var device = facts.Line.All("device").FirstOrDefault(o => o.Value.Text("netdev") == id);
        if (device is null)
            yield return FindingCodes.NetOther.Says($"The network '{id}' belongs to no device.");
        else if (LateCardRules.WhyNot(device, facts.Line, facts.Live.Devices.Machine) is { } reason)
            yield return FindingCodes.NetHotplug.Says($"The network device '{device.Id}' {reason}.");
        else
            yield return FindingCodes.NetTap.Says($"The network device '{device.Id}' moves to the target during the pause.");
        if (value.IsOn("vhost") || value.Text("vhostfd") is not null || value.Text("vhostfds") is not null)
            yield return FindingCodes.NetVhost.Says($"The network '{id}' uses vhost-net.");
    }
}
