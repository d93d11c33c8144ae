using System.Globalization;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Settings;

/// <summary>
/// The date a target's real-time clock counts from (<c>-rtc base=</c>). The clock itself is in the migration stream; but when the guest sets it,
/// QEMU tells how far it is from that date plus its own time of life, and libvirt and its clients reckon with it. With the source's date the
/// VM's age would be added. Pure.
/// </summary>
internal static class RtcBase
{
    private const string Form = "yyyy-MM-dd'T'HH:mm:ss";

    /// <summary>
    /// The date for a target that starts now; null when the written one stays: the clock follows the host's (<c>utc</c>, <c>localtime</c>), or the
    /// machine's.
    /// </summary>
    /// <param name="line">The logical command line.</param>
    /// <param name="domain">The definition in the status file.</param>
    /// <param name="started">When the source was started.</param>
    /// <param name="now">The host's time.</param>
    internal static string? For(CommandLine line, DomainXml domain, DateTimeOffset started, DateTimeOffset now)
    {
        // The clock of the machine itself (clock=vm) is in the stream and counts from the VM's start, as the written date does.
        if (line.Last("rtc")?.Value is not { } option || option.Text("base") is not { } written
            || option.Text("clock") == "vm" || !TryParse(written, out var date))
            return null;
        var clock = domain.Element.Element("clock");
        // What libvirt adds each report to: the adjustment that it started the domain with. Left out when it is 0.
        var offset = clock?.Attribute("offset")?.Value == "variable"
            ? Seconds(SafeXml.Long(clock.Attribute("adjustment0")?.Value) ?? 0)
            : date - started;
        // A definition that nobody can have started a VM with.
        if (offset > DateTimeOffset.MaxValue - now || offset < DateTimeOffset.MinValue - now)
            return null;
        return (now + offset).UtcDateTime.ToString(Form, CultureInfo.InvariantCulture);
    }

    private static TimeSpan Seconds(long seconds) =>
        TimeSpan.FromSeconds(Math.Clamp(seconds, (long)TimeSpan.MinValue.TotalSeconds + 1, (long)TimeSpan.MaxValue.TotalSeconds - 1));

    // qemu_rtc_parse_date: with or without a time of day.
    private static bool TryParse(string text, out DateTimeOffset date) => DateTimeOffset.TryParseExact(
        text, [Form, "yyyy-MM-dd"], CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal | DateTimeStyles.AdjustToUniversal, out date);
}
