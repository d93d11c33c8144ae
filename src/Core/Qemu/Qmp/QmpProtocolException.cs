namespace VirtHandover.Qemu;

/// <summary>Why a monitor gave no usable answer.</summary>
public enum QmpFault
{
    /// <summary>Nobody listens on the socket, or it cannot be opened.</summary>
    Unreachable,

    /// <summary>Another process than the one that it must be listens on the socket; nothing was sent to it.</summary>
    Foreign,

    /// <summary>The other end closed the connection, or the process is gone.</summary>
    Closed,

    /// <summary>What came is not QMP, or a reply lacks what its command promises.</summary>
    Malformed,

    /// <summary>A message is longer or deeper than any that QEMU sends.</summary>
    TooLarge,

    /// <summary>The caller's deadline passed. QEMU may still run the command.</summary>
    Deadline,
}

/// <summary>
/// A monitor gave no usable answer. After <see cref="QmpFault.Deadline"/> the connection may be used on; after the other faults, a
/// reply of the wrong shape excepted, every further command fails the same way.
/// </summary>
public sealed class QmpProtocolException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What kind of failure.</param>
    /// <param name="message">A sentence that names the QEMU and the command.</param>
    /// <param name="innerException">The cause, where there is one.</param>
    public QmpProtocolException(QmpFault fault, string message, Exception? innerException = null)
        : base(message, innerException) => Fault = fault;

    /// <summary>What kind of failure.</summary>
    public QmpFault Fault { get; }
}
