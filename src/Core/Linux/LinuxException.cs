namespace VirtHandover.Linux;

/// <summary>A system call failed. The message says what was tried and the kernel's reason.</summary>
public sealed class LinuxException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">The error number, for example 2 for <c>ENOENT</c>.</param>
    /// <param name="message">What was tried, and why it failed.</param>
    public LinuxException(int error, string message)
        : base(message) => Error = error;

    /// <summary>The error number (<c>errno</c>).</summary>
    public int Error { get; }
}
