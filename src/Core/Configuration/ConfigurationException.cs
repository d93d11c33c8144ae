namespace VirtHandover.Configuration;

/// <summary>The configuration cannot be used; the message is one sentence with file, line, key and what is right.</summary>
public sealed class ConfigurationException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="message">The sentence.</param>
    public ConfigurationException(string message)
        : base(message)
    {
    }
}
