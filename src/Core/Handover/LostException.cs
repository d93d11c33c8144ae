namespace VirtHandover.Handover;

/// <summary>An undo failed; the message says what the administrator has to look at, at once.</summary>
internal sealed class LostException : Exception
{
    internal LostException(string message)
        : base(message)
    {
    }
}
