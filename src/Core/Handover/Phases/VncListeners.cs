using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The addresses of a VNC server, in the form in which <c>display-update</c> takes them.</summary>
internal static class VncListeners
{
    /// <summary>Translates them. What cannot be read the preflight refuses; it is left out here.</summary>
    internal static JsonArray Addresses(CommandLine line)
    {
        try
        {
            return new([.. VncListener.Of(line).Where(listener => !listener.IsWebsocket).Select(Address)]);
        }
        catch (CommandLineException)
        {
            return [];
        }
    }

    private static JsonNode Address(VncListener listener)
    {
        if (listener.IsUnix)
            return new JsonObject { ["type"] = "unix", ["path"] = listener.Host };
        var address = new JsonObject { ["type"] = "inet", ["host"] = listener.Host, ["port"] = listener.Service };
        if (listener.Ipv4 is { } four)
            address["ipv4"] = four;
        if (listener.Ipv6 is { } six)
            address["ipv6"] = six;
        return address;
    }
}
