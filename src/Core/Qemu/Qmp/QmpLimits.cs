using VirtHandover.Foreign;

namespace VirtHandover.Qemu;

/// <summary>How much of a monitor's output is believed.</summary>
internal static class QmpLimits
{
    /// <inheritdoc cref="ForeignBounds.ReplyBytes"/>
    internal const int LineBytes = ForeignBounds.ReplyBytes;

    /// <inheritdoc cref="ForeignBounds.ReplyDepth"/>
    internal const int Depth = ForeignBounds.ReplyDepth;

    /// <inheritdoc cref="ForeignBounds.Events"/>
    internal const int Events = ForeignBounds.Events;

    /// <summary>QEMU reads at most this many descriptors with one message (chardev/char-socket.c, TCP_MAX_FDS).</summary>
    internal const int Fds = 16;
}
