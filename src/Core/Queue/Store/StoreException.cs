namespace VirtHandover.Queue;

/// <summary>The database cannot be used; the message is a sentence that names the file.</summary>
public sealed class StoreException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">What failed, with which file, and what to do.</param>
    /// <param name="inner">The cause.</param>
    public StoreException(string message, Exception? inner = null)
        : base(message, inner)
    {
    }
}
