namespace VirtHandover.Qemu;

/// <summary>How much of a monitor's output is believed.</summary>
internal static class QmpLimits
{
    /// <summary>The largest line in bytes: a <c>query-qmp-schema</c> has 200 kB, a long backing chain some MB.</summary>
    internal const int LineBytes = 64 * 1024 * 1024;

    /// <summary>The deepest nesting: a backing chain of 200 images nests twice per image.</summary>
    internal const int Depth = 512;

    /// <summary>Events kept for a reader who does not come; the oldest go first.</summary>
    internal const int Events = 8192;

    /// <summary>QEMU reads at most this many descriptors with one message (chardev/char-socket.c, TCP_MAX_FDS).</summary>
    internal const int Fds = 16;
}
