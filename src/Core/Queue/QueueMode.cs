namespace VirtHandover.Queue;

/// <summary>Who approves an upgrade.</summary>
public enum QueueMode
{
    /// <summary>An administrator.</summary>
    Ask,

    /// <summary>The service itself, as soon as the preflight has no blocker.</summary>
    Auto,
}
