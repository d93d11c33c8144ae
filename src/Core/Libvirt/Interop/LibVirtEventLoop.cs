using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace VirtHandover.Libvirt.Interop;

/// <summary>Process-wide start of libvirt: quiet errors, and the event loop on a thread of its own.</summary>
/// <remarks>The loop has to be registered before the first connection is opened; with it libvirt notices at once that a daemon went away.</remarks>
internal static unsafe class LibVirtEventLoop
{
    private static readonly Lock Gate = new();
    private static readonly TimeSpan s_afterFailure = TimeSpan.FromMilliseconds(100);
    private static bool s_started;

    /// <summary>Starts it once; later calls do nothing.</summary>
    /// <exception cref="LibvirtException">libvirt is not installed, or does not initialise.</exception>
    public static void EnsureStarted()
    {
        lock (Gate)
        {
            if (s_started)
            {
                return;
            }

            try
            {
                Start_NeedsLock();
            }
            catch (DllNotFoundException)
            {
                throw new LibvirtException(0, "libvirt's client library (libvirt.so.0) is not installed; install libvirt-libs (RPM) or libvirt0 (Debian).");
            }

            s_started = true;
        }
    }

    private static void Start_NeedsLock()
    {
        // Without a handler of ours libvirt prints every error to stderr.
        LibVirt.virSetErrorFunc(null, &Quiet);
        if (LibVirt.virInitialize() < 0)
        {
            throw LibVirtError.Take("initialise itself");
        }

        if (LibVirt.virEventRegisterDefaultImpl() < 0)
        {
            throw LibVirtError.Take("register its event loop");
        }

        new Thread(Run) { IsBackground = true, Name = "libvirt events" }.Start();
    }

    private static void Run()
    {
        // Only a failed poll(2) is negative: the kernel has no memory for it, or more files are open than the process may have. Either
        // passes, and until then only events are late; an end of the process would be the end of a handover.
        using var never = new ManualResetEventSlim();
        while (true)
        {
            if (LibVirt.virEventRunDefaultImpl() < 0)
                _ = never.Wait(s_afterFailure);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void Quiet(void* userData, virError* error)
    {
    }
}
