namespace VirtHandover.Policy;

/// <summary>What applies to one domain, and where it comes from.</summary>
/// <param name="Mode">Who approves.</param>
/// <param name="Window">When handovers may start.</param>
/// <param name="MaxPause">How long the guest may stand still.</param>
/// <param name="Priority">Its place in the queue, higher is earlier.</param>
/// <param name="Source">The nearest place that decides any part of it.</param>
public sealed record EffectivePolicy(PolicyMode Mode, MaintenanceWindows Window, TimeSpan MaxPause, int Priority, PolicySource Source)
{
    /// <summary>The parts that the domain decides itself; the configuration decides the others.</summary>
    public PolicyParts Own { get; init; }

    /// <summary>Lets what a domain says go before what the configuration says.</summary>
    /// <param name="configured">The configuration, with its source.</param>
    /// <param name="own">The domain's own policy.</param>
    /// <returns>What applies. A domain whose own policy is damaged is left alone.</returns>
    public static EffectivePolicy Of(EffectivePolicy configured, DomainPolicy own)
    {
        ArgumentNullException.ThrowIfNull(configured);
        ArgumentNullException.ThrowIfNull(own);
        return new EffectivePolicy(
            own.Problem.Length > 0 ? PolicyMode.Never : own.Mode ?? configured.Mode,
            own.Window ?? configured.Window,
            own.MaxPause ?? configured.MaxPause,
            own.Priority ?? configured.Priority,
            own.IsEmpty && own.Problem.Length == 0 ? configured.Source : PolicySource.Domain)
        {
            Own = (own.Mode is null && own.Problem.Length == 0 ? PolicyParts.None : PolicyParts.Mode)
                | (own.Window is null ? PolicyParts.None : PolicyParts.Window)
                | (own.MaxPause is null ? PolicyParts.None : PolicyParts.MaxPause)
                | (own.Priority is null ? PolicyParts.None : PolicyParts.Priority),
        };
    }
}
