namespace VirtHandover.Handover;

/// <summary>The VM has ended, by itself or by somebody, before its guest was touched. There is nothing to undo, and nothing that says anything about another VM.</summary>
internal sealed class GoneException : Exception
{
    internal GoneException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
