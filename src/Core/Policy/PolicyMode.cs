namespace VirtHandover.Policy;

/// <summary>Who approves a handover.</summary>
public enum PolicyMode
{
    /// <summary>An administrator.</summary>
    Ask,

    /// <summary>The service itself, as soon as the preflight has no blocker.</summary>
    Auto,

    /// <summary>Nobody can: the domain is left alone until its policy changes.</summary>
    Never,
}
