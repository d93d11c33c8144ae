using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Handover.Phases;

/// <summary>Finds the settings that libvirt makes by QMP after a start, so that the target gets them as well.</summary>
internal static class ReplayReader
{
    internal static IReadOnlyList<Replay> Read(LiveFacts live, DomainXml domain)
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

        foreach (var graphics in domain.Graphics.Where(graphics => graphics.Type == "vnc" && graphics.Password.Length > 0))
        {
            replays.Add(new Replay("The VNC password", "set_password", new JsonObject
            {
                ["protocol"] = "vnc",
                ["password"] = graphics.Password,
            }));
            // libvirt writes UTC without saying so.
            if (DateTimeOffset.TryParse(
                graphics.PasswordValidTo, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until))
            {
                replays.Add(new Replay("The VNC password's expiry", "expire_password", new JsonObject
                {
                    ["protocol"] = "vnc",
                    ["time"] = until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
                }));
            }
        }

        return replays;
    }
}
