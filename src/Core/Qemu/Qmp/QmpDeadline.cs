using System.Globalization;

namespace VirtHandover.Qemu;

/// <summary>What is said of a command that was not answered in time.</summary>
internal static class QmpDeadline
{
    internal static QmpProtocolException Passed(string peer, string command, TimeSpan limit) =>
        new(QmpFault.Deadline, $"QEMU ({peer}) did not answer '{command}' within {Words(limit)}; whether it ran the command is not known.");

    internal static string Words(TimeSpan limit) => limit.TotalSeconds >= 10
        ? string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{limit.TotalMilliseconds:0} ms");
}
