using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>Finds the settings that libvirt makes by QMP after a start, so that the target gets them as well.</summary>
internal static class ReplayReader
{
    internal static async Task<IReadOnlyList<Replay>> ReadAsync(IQmpChannel qmp, DomainXml domain, CancellationToken cancellationToken)
    {
        var replays = new List<Replay>();
        if (domain.BalloonStatsPeriod > 0)
        {
            var balloon = (await qmp.QomListAsync("/machine/peripheral", cancellationToken).ConfigureAwait(false))
                .FirstOrDefault(item => item.Type.StartsWith("child<virtio-balloon", StringComparison.Ordinal));
            if (balloon is not null)
            {
                replays.Add(new Replay("The balloon's statistics period", "qom-set", new JsonObject
                {
                    ["path"] = "/machine/peripheral/" + balloon.Name,
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
