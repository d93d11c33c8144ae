namespace VirtHandover.Handover;

/// <summary>A stranded VM could not be settled; the message says why, in what state it is, and what to do.</summary>
public sealed class SettlementException : Exception
{
    internal SettlementException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
