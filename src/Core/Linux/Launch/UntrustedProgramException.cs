namespace VirtHandover.Linux.Launch;

/// <summary>A program is not root's alone, along its whole path, and so nobody is made to run it.</summary>
/// <param name="message">Which part of the path is whose, a sentence.</param>
/// <param name="isMissing">True when there is none.</param>
internal sealed class UntrustedProgramException(string message, bool isMissing = false) : Exception(message)
{
    /// <summary>True when there is no such program, false when there is one and it is not trusted.</summary>
    internal bool IsMissing => isMissing;
}
