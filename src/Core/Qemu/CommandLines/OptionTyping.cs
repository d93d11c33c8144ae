using System.Globalization;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// Turns a network option into the typed JSON that QMP wants. JSON options pass as they are; those of libvirt before 7 are text, and
/// text does not say which words are booleans or numbers.
/// </summary>
internal static class OptionTyping
{
    // qapi/net.json (NetdevTapOptions) and the properties of virtio-net, e1000(e), rtl8139 and PCI devices that are whole numbers.
    private static readonly HashSet<string> Numbers = new(StringComparer.Ordinal)
    {
        "queues", "poll-us", "vectors", "bootindex", "acpi-index", "romsize", "rombar", "host_mtu", "rx_queue_size", "tx_queue_size", "x-txtimer",
        "x-txburst", "speed", "class", "page-per-vq-size",
    };

    private static readonly HashSet<string> Sizes = new(StringComparer.Ordinal) { "sndbuf" };

    // Enumerations that know on and off, and free text that may read so.
    private static readonly HashSet<string> Texts = new(StringComparer.Ordinal)
    {
        "id", "driver", "type", "netdev", "bus", "addr", "mac", "romfile", "disable-legacy", "rombar-text", "ifname", "script", "downscript", "br",
        "helper", "fd", "fds", "vhostfd", "vhostfds", "failover_pair_id", "duplex", "tx",
    };

    /// <summary>The option's arguments for <c>netdev_add</c> or <c>device_add</c>.</summary>
    internal static JsonObject ToJson(CommandLineOption option)
    {
        var value = option.Value;
        if (value is JsonOptionValue json)
            return json.ToJson();
        var result = new JsonObject();
        if (option.Kind is { } kind)
            result[option.Name == "netdev" ? "type" : "driver"] = kind;
        foreach (var key in value.Keys.Where(key => !result.ContainsKey(key)))
            result[key] = Typed(key, value.Text(key)!);
        return result;
    }

    private static JsonValue Typed(string key, string text)
    {
        if (Texts.Contains(key))
            return JsonValue.Create(text);
        if (Numbers.Contains(key) && Whole(text) is { } number)
            return JsonValue.Create(number);
        if (Sizes.Contains(key) && OptionSize.TryParse(text, out var size))
            return JsonValue.Create(size);
        return text switch
        {
            "on" or "yes" or "true" or "y" => JsonValue.Create(true),
            "off" or "no" or "false" or "n" => JsonValue.Create(false),
            _ => JsonValue.Create(text),
        };
    }

    private static long? Whole(string text) =>
        text.StartsWith("0x", StringComparison.OrdinalIgnoreCase)
            ? long.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var hex) ? hex : null
            : long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var plain) ? plain : null;
}
