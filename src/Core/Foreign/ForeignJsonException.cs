namespace VirtHandover.Foreign;

/// <summary>JSON that is damaged, or says something else than it should. The message is the end of a sentence of ours.</summary>
internal sealed class ForeignJsonException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What is wrong; in it may stand words of whoever wrote the JSON, shortened.</param>
    /// <param name="cause">What the reader said; null for none.</param>
    internal ForeignJsonException(string message, Exception? cause)
        : base(ForeignText.Sentence(message), cause)
    {
    }
}
