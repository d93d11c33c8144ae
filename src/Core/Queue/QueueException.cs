namespace VirtHandover.Queue;

/// <summary>The closed list of ways in which the queue refuses.</summary>
public enum QueueFault
{
    /// <summary>No running domain of that UUID.</summary>
    UnknownDomain,

    /// <summary>The domain's state does not allow it.</summary>
    WrongState,

    /// <summary>The database could not be written, so nothing was changed.</summary>
    NotRecorded,
}

/// <summary>The queue refused; the message is a sentence for the administrator.</summary>
public sealed class QueueException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What kind of refusal.</param>
    /// <param name="message">What was refused, for which domain, why, and what to do.</param>
    public QueueException(QueueFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>What kind of refusal.</summary>
    public QueueFault Fault { get; }
}
