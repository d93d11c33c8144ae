namespace VirtHandover.Qemu;

/// <summary>A QEMU command line cannot be understood well enough to start a twin from it; the message is a sentence.</summary>
internal sealed class CommandLineException : Exception
{
    internal CommandLineException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
