namespace VirtHandover.Queue;

/// <summary>The worker cannot be reached, has ended, or could not do what it was asked for. The message is a sentence.</summary>
public sealed class WorkerException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong.</param>
    public WorkerException(string message)
        : base(message)
    {
    }

    /// <summary>True when nobody answered: what was asked for may have been done all the same, and another worker may answer.</summary>
    public bool IsAway { get; init; }
}
