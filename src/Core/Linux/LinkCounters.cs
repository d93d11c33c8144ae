using System.Runtime.InteropServices;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>What the kernel has counted at a tap, seen from the host: what it sends goes to the guest (<c>RTM_GETSTATS</c>).</summary>
/// <param name="Taken">Frames that whoever has the tap open has taken from it; those that still lie in it are not counted.</param>
/// <param name="Dropped">Frames for which it had no room (<c>txqueuelen</c>).</param>
public readonly unsafe record struct LinkCounters(long Taken, long Dropped)
{
    private const int NETLINK_ROUTE = 0;
    private const int AF_NETLINK = 16;
    private const int SOCK_RAW = 3;
    private const ushort RTM_NEWSTATS = 92;
    private const ushort RTM_GETSTATS = 94;
    private const ushort NLM_F_REQUEST = 1;
    private const int IFLA_STATS_LINK_64 = 1;

    // nlmsghdr, if_stats_msg; then attributes: nlattr, rtnl_link_stats64 (rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors,
    // rx_dropped, tx_dropped, …).
    private const int HeaderLength = 16;
    private const int MessageLength = HeaderLength + 12;
    private const int AttributeLength = 4;
    private const int TxPackets = 1 * 8;
    private const int TxDropped = 7 * 8;

    /// <summary>Reads them; some 10 µs.</summary>
    /// <param name="name">The interface, in this process's network namespace.</param>
    /// <exception cref="LinuxException">There is no such interface, or the kernel does not tell.</exception>
    public static LinkCounters Read(string name)
    {
        var index = Libc.if_nametoindex(name);
        if (index == 0)
            _ = Libc.Check(-1, $"The interface {name} cannot be found");
        using var socket = Libc.Own(Libc.Check(
            Libc.socket(AF_NETLINK, SOCK_RAW | Libc.SOCK_CLOEXEC, NETLINK_ROUTE), "A socket for the counters of network interfaces cannot be created"));
        var fd = (int)socket.DangerousGetHandle();
        Span<byte> request = stackalloc byte[MessageLength];
        request.Clear();
        MemoryMarshal.Write(request, (uint)MessageLength);
        MemoryMarshal.Write(request[4..], RTM_GETSTATS);
        MemoryMarshal.Write(request[6..], NLM_F_REQUEST);
        MemoryMarshal.Write(request[(HeaderLength + 4)..], index);
        MemoryMarshal.Write(request[(HeaderLength + 8)..], 1u << (IFLA_STATS_LINK_64 - 1));
        Span<byte> reply = stackalloc byte[1024];
        fixed (byte* sent = request, received = reply)
        {
            // The kernel answers while it takes the request, so the answer is there.
            _ = Libc.Check((int)Libc.write(fd, sent, MessageLength), $"The counters of interface {name} cannot be asked for");
            var length = Libc.Check((int)Libc.read(fd, received, reply.Length), $"The counters of interface {name} cannot be read");
            return Parse(reply[..length]) ?? throw new LinuxException(0, $"The kernel does not tell the counters of interface {name}.");
        }
    }

    /// <summary>Adds up what two interfaces have counted.</summary>
    public static LinkCounters operator +(LinkCounters one, LinkCounters other) => new(one.Taken + other.Taken, one.Dropped + other.Dropped);

    /// <summary>What was counted in between.</summary>
    public static LinkCounters operator -(LinkCounters later, LinkCounters earlier) => new(later.Taken - earlier.Taken, later.Dropped - earlier.Dropped);

    /// <summary>Reads the kernel's answer.</summary>
    /// <returns>The counters; null when it is another answer.</returns>
    internal static LinkCounters? Parse(ReadOnlySpan<byte> reply)
    {
        if (reply.Length < MessageLength || MemoryMarshal.Read<ushort>(reply[4..]) is not RTM_NEWSTATS)
            return null;
        var attributes = reply[MessageLength..];
        while (attributes.Length >= AttributeLength)
        {
            var (length, type) = (MemoryMarshal.Read<ushort>(attributes), MemoryMarshal.Read<ushort>(attributes[2..]));
            if (length < AttributeLength || length > attributes.Length)
                return null;
            var value = attributes[AttributeLength..length];
            if (type == IFLA_STATS_LINK_64 && value.Length >= TxDropped + 8)
                return new LinkCounters(MemoryMarshal.Read<long>(value[TxPackets..]), MemoryMarshal.Read<long>(value[TxDropped..]));
            attributes = attributes[Math.Min(attributes.Length, (length + 3) & ~3)..];
        }

        return null;
    }
}
