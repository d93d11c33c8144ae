namespace VirtHandover.Policy;

/// <summary>The parts of a policy, each of which may come from another place.</summary>
[Flags]
public enum PolicyParts
{
    /// <summary>No part.</summary>
    None = 0,

    /// <summary>Who approves.</summary>
    Mode = 1,

    /// <summary>When handovers may start.</summary>
    Window = 2,

    /// <summary>How long the guest may stand still.</summary>
    MaxPause = 4,

    /// <summary>Its place in the queue.</summary>
    Priority = 8,
}
