namespace VirtHandover.Handover;

/// <summary>
/// A handover stopped where only its journal can say how it has to end: an undo failed, or something failed after the commit. The
/// message says in what state the VM is.
/// </summary>
internal sealed class UnfinishedException : Exception
{
    internal UnfinishedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
