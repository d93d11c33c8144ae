using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt.Xml;

namespace VirtHandover.Handover.Phases;

/// <summary>Finds the settings that libvirt makes by QMP after a start, so that the target gets them as well.</summary>
internal static class ReplayReader
{
    /// <summary>The command whose argument is a password.</summary>
    private const string SetPassword = "set_password";

    private const string Protocol = "protocol";
    private const string Vnc = "vnc";
    private const string Spice = "spice";

    /// <summary>Finds them.</summary>
    /// <param name="live">What its QEMU says of itself.</param>
    /// <param name="domain">The live definition.</param>
    /// <param name="passwordOfAll">The password of displays of a protocol (<c>vnc</c>, <c>spice</c>) without one of their own; null when there is none.</param>
    /// <returns>The settings, but for the passwords: the journal has them, and is no place for a password. See <see cref="WithPassword"/>.</returns>
    internal static IReadOnlyList<Replay> Read(LiveFacts live, DomainXml domain, Func<string, string?> passwordOfAll)
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

        foreach (var graphics in domain.Graphics.Where(graphics => graphics.Type is Vnc or Spice))
            replays.AddRange(Password(graphics, passwordOfAll(graphics.Type)));

        return replays;
    }

    /// <summary>A setting as it is sent: with the password that libvirt has now, in files that only root reads.</summary>
    /// <param name="replay">From a journal. Those of older releases have the password in it.</param>
    /// <param name="domain">The domain of its status file.</param>
    /// <param name="passwordOfAll">As above.</param>
    /// <returns>Null when the setting is a password and there is none any more.</returns>
    internal static JsonObject? WithPassword(Replay replay, DomainXml domain, Func<string, string?> passwordOfAll)
    {
        var arguments = (JsonObject)replay.Arguments.DeepClone();
        if (replay.Command != SetPassword || arguments.ContainsKey("password"))
            return arguments;
        var protocol = arguments[Protocol]?.ToString() == Spice ? Spice : Vnc;
        var graphics = domain.Graphics.FirstOrDefault(graphics => graphics.Type == protocol);
        if ((graphics is { HasPassword: true } ? graphics.Password : passwordOfAll(protocol)) is not { } password)
            return null;
        arguments["password"] = password;
        return arguments;
    }

    // As libvirt does it at a start: an empty password is one that lets nobody in.
    private static IEnumerable<Replay> Password(GraphicsXml graphics, string? ofAll)
    {
        if ((graphics.HasPassword ? graphics.Password : ofAll) is not { } password)
            yield break;
        var name = graphics.Type == Spice ? "SPICE" : "VNC";
        yield return new Replay($"The {name} password", SetPassword, new JsonObject { [Protocol] = graphics.Type });
        // libvirt writes UTC without saying so.
        var time = password.Length == 0 ? "now"
            : DateTimeOffset.TryParse(graphics.PasswordValidTo, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var until)
                ? until.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture)
                : "never";
        yield return new Replay($"The {name} password's expiry", "expire_password", new JsonObject { [Protocol] = graphics.Type, ["time"] = time });
    }
}
