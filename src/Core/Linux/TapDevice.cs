using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using VirtHandover.Linux.Interop;

namespace VirtHandover.Linux;

/// <summary>
/// The settings of a tap device that QEMU changes when it opens a second descriptor of it: the header's size, the offloads and
/// whether the queue is attached. Saved before the target gets the tap, put back when the source keeps it after all.
/// </summary>
/// <param name="Name">The interface's name.</param>
/// <param name="HeaderSize">The size of the virtio-net header on each frame in bytes (<c>TUNGETVNETHDRSZ</c>).</param>
/// <param name="Offloads"><c>TUN_F_*</c> flags, read back from the interface's features (there is no <c>TUNGETOFFLOAD</c>).</param>
public sealed unsafe record TapDevice(string Name, int HeaderSize, uint Offloads)
{
    private const ulong TUNSETOFFLOAD = 0x400454d0;
    private const ulong TUNGETIFF = 0x800454d2;
    private const ulong TUNGETVNETHDRSZ = 0x800454d7;
    private const ulong TUNSETVNETHDRSZ = 0x400454d8;

    private const uint TUN_F_CSUM = 0x01;
    private const uint TUN_F_TSO4 = 0x02;
    private const uint TUN_F_TSO6 = 0x04;
    private const uint TUN_F_TSO_ECN = 0x08;
    private const uint TUN_F_USO4 = 0x20;
    private const uint TUN_F_USO6 = 0x40;

    private const ulong SIOCETHTOOL = 0x8946;
    private const uint ETHTOOL_GSTRINGS = 0x1b;
    private const uint ETHTOOL_GSSET_INFO = 0x37;
    private const uint ETHTOOL_GFEATURES = 0x3a;
    private const uint ETH_SS_FEATURES = 4;
    private const int NameLength = 32;

    /// <summary>Reads the settings.</summary>
    /// <param name="descriptor">A descriptor of the tap's queue.</param>
    /// <exception cref="LinuxException">It is no tap, or its features cannot be read.</exception>
    public static TapDevice Read(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var fd = (int)descriptor.DangerousGetHandle();
        var request = stackalloc byte[40];
        _ = Libc.Check(Libc.ioctl(fd, TUNGETIFF, request), "The name of a tap cannot be read");
        var name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(request));
        int header;
        _ = Libc.Check(Libc.ioctl(fd, TUNGETVNETHDRSZ, &header), $"The header size of tap {name} cannot be read");
        return new TapDevice(name, header, ReadOffloads(name));
    }

    /// <summary>Puts the saved settings back.</summary>
    /// <param name="descriptor">A descriptor of the tap's queue.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Restore(SafeHandle descriptor)
    {
        ArgumentNullException.ThrowIfNull(descriptor);
        var fd = (int)descriptor.DangerousGetHandle();
        var header = HeaderSize;
        _ = Libc.Check(Libc.ioctl(fd, TUNSETVNETHDRSZ, &header), $"The header size of tap {Name} cannot be restored");
        _ = Libc.Check(Libc.ioctl(fd, TUNSETOFFLOAD, (void*)Offloads), $"The offloads of tap {Name} cannot be restored");
    }

    private static uint ReadOffloads(string name)
    {
        using var socket = Libc.Own(Libc.Check(Libc.socket(Libc.AF_UNIX, 2 | Libc.SOCK_CLOEXEC, 0), "A socket for ethtool cannot be created"));
        var fd = (int)socket.DangerousGetHandle();

        var info = stackalloc uint[5];
        info[0] = ETHTOOL_GSSET_INFO;
        *(ulong*)(info + 2) = 1UL << (int)ETH_SS_FEATURES;
        Ethtool(fd, name, info);
        var count = (int)info[4];

        var strings = (byte*)NativeMemory.AllocZeroed((nuint)(12 + (count * NameLength)));
        var blocks = (count + 31) / 32;
        var features = (uint*)NativeMemory.AllocZeroed((nuint)(8 + (blocks * 16)));
        try
        {
            ((uint*)strings)[0] = ETHTOOL_GSTRINGS;
            ((uint*)strings)[1] = ETH_SS_FEATURES;
            ((uint*)strings)[2] = (uint)count;
            Ethtool(fd, name, strings);
            features[0] = ETHTOOL_GFEATURES;
            features[1] = (uint)blocks;
            Ethtool(fd, name, features);

            uint result = 0;
            for (var i = 0; i < count; i++)
            {
                // Blocks of four words: available, requested, active, never changed. What QEMU set is 'active'.
                var active = features[2 + (i / 32 * 4) + 2];
                if ((active & (1u << (i % 32))) != 0)
                    result |= Flag(Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(strings + 12 + (i * NameLength))));
            }

            return result;
        }
        finally
        {
            NativeMemory.Free(strings);
            NativeMemory.Free(features);
        }
    }

    private static uint Flag(string feature) => feature switch
    {
        "tx-checksum-ip-generic" => TUN_F_CSUM,
        "tx-tcp-segmentation" => TUN_F_TSO4,
        "tx-tcp6-segmentation" => TUN_F_TSO6,
        "tx-tcp-ecn-segmentation" => TUN_F_TSO_ECN,
        "tx-udp-segmentation" => TUN_F_USO4 | TUN_F_USO6,
        _ => 0,
    };

    private static void Ethtool(int fd, string name, void* data)
    {
        var request = stackalloc byte[40];
        new Span<byte>(request, 40).Clear();
        _ = Encoding.UTF8.GetBytes(name, new Span<byte>(request, 15));
        *(void**)(request + 16) = data;
        _ = Libc.Check(Libc.ioctl(fd, SIOCETHTOOL, request), string.Create(CultureInfo.InvariantCulture, $"The features of tap {name} cannot be read"));
    }
}
