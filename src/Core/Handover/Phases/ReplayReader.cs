using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Handover.Phases;

/// <summary>Finds the settings that libvirt makes by QMP after a start, so that the target gets them as well.</summary>
internal static class ReplayReader
{
    /// <summary>Finds them.</summary>
    /// <param name="live">What its QEMU says of itself.</param>
    /// <param name="domain">The live definition, passwords included.</param>
    /// <param name="vncPassword">The password of VNC servers without one of their own; null when there is none.</param>
    internal static IReadOnlyList<Replay> Read(LiveFacts live, DomainXml domain, string? vncPassword)
    {
        var replays = new List<Replay>();
        if (domain.BalloonStatsPeriod > 0)
        {
            var balloon = live.Devices.Peripherals.Where(item => item.Value.StartsWith("virtio-balloon", StringComparison.Ordinal))
                .Select(item => item.Key).FirstOrDefault();
            if (balloon is not null)
            {
                replays.Add(new Replay("The balloon's statistics period", "qom-set", new JsonObject
                {
                    ["path"] = "/machine/peripheral/" + balloon,
                    ["property"] = "guest-stats-polling-interval",
                    ["value"] = domain.BalloonStatsPeriod,
                }));
            }
        }

        foreach (var graphics in domain.Graphics.Where(graphics => graphics.Type == "vnc"))
            replays.AddRange(Password(graphics, vncPassword));

        return replays;
    }

    // As libvirt does it at a start: an empty password is one that lets nobody in.
    private static IEnumerable<Replay> Password(GraphicsXml graphics, string? ofAll)
    {
        if ((graphics.HasPassword ? graphics.Password : ofAll) is not { } password)
            yield break;
        yield return new Replay("The VNC password", "set_password", new JsonObject { ["protocol"] = "vnc", ["password"] = password });
        // libvirt writes UTC without saying so.
        var time = password.Length == 0 ? "now"
            : DateTimeOffset.TryParse(graphics.PasswordValidTo, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
                ? until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                : "never";
        yield return new Replay("The VNC password's expiry", "expire_password", new JsonObject { ["protocol"] = "vnc", ["time"] = time });
    }
}
