namespace VirtHandover.Handover;

/// <summary>A handover cannot go on. The message says what failed; who catches it adds what state the VM is in.</summary>
internal sealed class HandoverException : Exception
{
    internal HandoverException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
