using System.Globalization;
using System.Runtime.InteropServices;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Service.Logging;

/// <summary><c>$JOURNAL_STREAM</c>, by which systemd tells a process that its standard error is the journal's (systemd.exec(5)).</summary>
internal static class JournalStream
{
    /// <summary>The variable.</summary>
    internal const string Variable = "JOURNAL_STREAM";

    /// <summary>Whether a descriptor is the stream that the variable names: it is inherited also by programs whose output was turned elsewhere.</summary>
    /// <param name="variable">What the variable says; null when it is not set.</param>
    /// <param name="descriptor">The descriptor.</param>
    internal static bool Is(string? variable, SafeHandle descriptor) =>
        variable?.Split(':') is [var device, var inode]
        && ulong.TryParse(device, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
        && ulong.TryParse(inode, NumberStyles.None, CultureInfo.InvariantCulture, out var file)
        && FileIdentity.Of(descriptor) is { } identity && identity.Inode == file && NumberOf(identity.Device) == number;

    /// <summary>makedev(3).</summary>
    private static ulong NumberOf(DeviceNumber device)
    {
        ulong major = device.Major, minor = device.Minor;
        return (major & 0xfff) << 8 | (major & ~0xfffUL) << 32 | (minor & 0xff) | (minor & ~0xffUL) << 12;
    }
}
