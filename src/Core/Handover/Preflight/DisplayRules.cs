using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Displays.</summary>
internal static class DisplayRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        foreach (var listener in VncListener.Of(facts.Line))
        {
            var place = $"{listener.Host} {listener.Service}".Trim();
            yield return listener.IsWebsocket
                ? FindingCodes.VncWebsocket.Says($"VNC listens for websockets on {place}.")
                : FindingCodes.VncPort.Says($"VNC leaves {place} for a moment; its clients are disconnected.");
        }

        foreach (var vnc in facts.Line.All("vnc"))
        {
            if (vnc.Value.IsOn("password") || vnc.Value.Text("password-secret") is not null)
                yield return FindingCodes.VncPassword.Says("VNC asks for a password.");
        }

        foreach (var spice in facts.Line.All("spice"))
        {
            if (spice.Value.IsOn("gl"))
                yield return FindingCodes.SpiceGl.Says("The VM's SPICE display draws by the host's graphics card.");
            if (!spice.Value.IsOn("disable-ticketing") && !spice.Value.IsOn("sasl"))
                yield return FindingCodes.SpicePassword.Says("SPICE asks for a password.");
        }

        foreach (var listener in SpiceListener.Of(facts.Line))
        {
            yield return listener.IsUnix
                ? FindingCodes.SpiceUnix.Says($"SPICE listens on the UNIX socket {listener.Place}.")
                : FindingCodes.SpicePort.Says($"SPICE leaves {listener.Place} for a moment; its clients are disconnected.");
        }

        foreach (var display in facts.Line.All("display"))
        {
            var kind = display.Value.Implied("type");
            if (kind == "dbus")
                yield return FindingCodes.DbusDisplay.Says("The VM has a D-Bus display.");
            else if (kind is not "none")
                yield return FindingCodes.Display.Says($"The VM has the display '{kind}'.");
        }

        foreach (var old in facts.Line.Options.Where(o => o.Name is "sdl" or "curses" or "nographic"))
            yield return FindingCodes.Display.Says($"The VM has the display '{old.Token}'.");
    }
}
