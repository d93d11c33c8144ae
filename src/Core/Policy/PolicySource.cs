namespace VirtHandover.Policy;

/// <summary>Where a policy comes from.</summary>
public enum PolicySource
{
    /// <summary>Built in: nobody has said anything.</summary>
    Default,

    /// <summary>The configuration file.</summary>
    Configuration,

    /// <summary>The domain's own metadata.</summary>
    Domain,
}
