namespace VirtHandover.Policy;

/// <summary>A policy is not valid; the message is a sentence with what was wrong and an example of what is right.</summary>
public sealed class PolicyException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The sentence.</param>
    public PolicyException(string message)
        : base(message)
    {
    }
}
