using System.Runtime.InteropServices;

namespace VirtHandover.Tui.Interop;

/// <summary>
/// Notices that the terminal on standard input has gone. SIGHUP alone does not tell: it reaches only the terminal's own session, and
/// not a program that was started with it ignored.
/// </summary>
internal static unsafe partial class HangUp
{
    private const int StandardInput = 0;
    private const short PollError = 0x008;
    private const short PollHangUp = 0x010;
    private const short PollInvalid = 0x020;
    private const int Second = 1000;

    /// <summary>Starts to watch, until the process ends.</summary>
    /// <param name="gone">Called once, on a thread of its own.</param>
    public static void Watch(Action gone) => new Thread(() => Wait(gone)) { IsBackground = true, Name = "hang-up" }.Start();

    private static void Wait(Action gone)
    {
        // No events are asked for: only these three are told then, and what is typed wakes nobody.
        var fd = new PollFd { Descriptor = StandardInput };
        while (true)
        {
            var result = poll(&fd, 1, Second);
            if (result > 0 && (fd.Told & (PollError | PollHangUp | PollInvalid)) != 0)
            {
                gone();
                return;
            }
        }
    }

    // see: poll(2)
    [LibraryImport("libc")]
    private static partial int poll(PollFd* descriptors, nuint count, int milliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFd
    {
        public int Descriptor;
        public short Asked;
        public short Told;
    }
}
