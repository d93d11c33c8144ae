using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>IP addresses and ports as <c>bind(2)</c> takes them.</summary>
internal static class ListenAddress
{
    /// <summary>The longest that a program may give; a UNIX socket's.</summary>
    internal const int Longest = 110;

    private const int Ipv4Length = 16;
    private const int Ipv6Length = 28;

    /// <summary>Reads one.</summary>
    /// <param name="bytes">A <c>struct sockaddr</c>, whatever its family.</param>
    /// <returns>Null when it is no IP address.</returns>
    internal static IPEndPoint? Read(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < sizeof(ushort))
            return null;
        var family = BitConverter.ToUInt16(bytes);
        if (family == Libc.AF_INET && bytes.Length >= Ipv4Length)
            return new IPEndPoint(new IPAddress(bytes[4..8]), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        if (family == Libc.AF_INET6 && bytes.Length >= Ipv6Length)
            return new IPEndPoint(new IPAddress(bytes[8..24], BitConverter.ToUInt32(bytes[24..])), BinaryPrimitives.ReadUInt16BigEndian(bytes[2..]));
        return null;
    }

    /// <summary>Writes one.</summary>
    /// <param name="place">The address and port.</param>
    internal static byte[] Write(IPEndPoint place)
    {
        var isSix = place.AddressFamily == AddressFamily.InterNetworkV6;
        var bytes = new byte[isSix ? Ipv6Length : Ipv4Length];
        BitConverter.TryWriteBytes(bytes, (ushort)(isSix ? Libc.AF_INET6 : Libc.AF_INET));
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(2), (ushort)place.Port);
        place.Address.GetAddressBytes().CopyTo(bytes, isSix ? 8 : 4);
        if (isSix)
            BitConverter.TryWriteBytes(bytes.AsSpan(24), (uint)place.Address.ScopeId);
        return bytes;
    }

    /// <summary>One in words: <c>127.0.0.1 port 5900</c>.</summary>
    /// <param name="place">The address and port.</param>
    internal static string Text(IPEndPoint place) => string.Create(CultureInfo.InvariantCulture, $"{place.Address} port {place.Port}");
}
