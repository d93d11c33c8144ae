namespace VirtHandover.Queue;

/// <summary>What an event leads to.</summary>
public abstract record Transition
{
    private Transition()
    {
    }

    /// <summary>The state from now on; it may be the same one.</summary>
    /// <param name="State">The state.</param>
    public sealed record To(UpgradeState State) : Transition;

    /// <summary>The event does not apply; the state stays.</summary>
    /// <param name="Why">The end of a sentence that began with the domain and the action.</param>
    public sealed record Refused(string Why) : Transition;
}
