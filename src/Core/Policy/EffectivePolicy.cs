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

    /// <summary>
    /// What is not granted, and why, in sentences; empty when everything is.
    /// </summary>
    public string Refusal { get; init; } = "";

    /// <summary>
    /// Lets what a domain says go before what the configuration says, as far as it is at least as strict: never is stricter than ask, and that than auto; a
    /// window may only become narrower, a pause shorter, a place in the queue later. Whoever may edit a domain in libvirt has written it, and he is not the
    /// host's administrator.
    /// </summary>
    /// <param name="configured">The configuration, with its source.</param>
    /// <param name="own">The domain's own policy, as its metadata has it.</param>
    /// <param name="granted">
    /// What an administrator of the host has set for this domain: what its metadata asks for is granted if it is just that. Null: everything is granted.
    /// </param>
    /// <returns>What applies. A domain whose own policy is damaged is left alone.</returns>
    public static EffectivePolicy Of(EffectivePolicy configured, DomainPolicy own, DomainPolicy? granted)
    {
        ArgumentNullException.ThrowIfNull(configured);
        ArgumentNullException.ThrowIfNull(own);
        var mode = own.Problem.Length > 0 ? PolicyMode.Never : own.Mode ?? configured.Mode;
        var window = own.Window ?? configured.Window;
        var maxPause = own.MaxPause ?? configured.MaxPause;
        var priority = own.Priority ?? configured.Priority;
        var wanted = (IsStricter(configured.Mode, mode) ? PolicyParts.Mode : PolicyParts.None)
            | (window.IsWithin(configured.Window) ? PolicyParts.None : PolicyParts.Window)
            | (maxPause > configured.MaxPause ? PolicyParts.MaxPause : PolicyParts.None)
            | (priority > configured.Priority ? PolicyParts.Priority : PolicyParts.None);
        var refused = granted is null ? PolicyParts.None : wanted & ~Same(own, granted);
        return new EffectivePolicy(
            refused.HasFlag(PolicyParts.Mode) ? configured.Mode : mode,
            refused.HasFlag(PolicyParts.Window) ? configured.Window.And(window) : window,
            refused.HasFlag(PolicyParts.MaxPause) ? configured.MaxPause : maxPause,
            refused.HasFlag(PolicyParts.Priority) ? configured.Priority : priority,
            own.IsEmpty && own.Problem.Length == 0 ? configured.Source : PolicySource.Domain)
        {
            // A window of which a part is granted is the domain's all the same.
            Own = PartsOf(own) & ~(refused & ~PolicyParts.Window),
            Refusal = refused == PolicyParts.None ? "" : PolicyWords.Refusal(own, refused),
        };
    }

    private static PolicyParts PartsOf(DomainPolicy own) =>
        (own.Mode is null && own.Problem.Length == 0 ? PolicyParts.None : PolicyParts.Mode)
        | (own.Window is null ? PolicyParts.None : PolicyParts.Window)
        | (own.MaxPause is null ? PolicyParts.None : PolicyParts.MaxPause)
        | (own.Priority is null ? PolicyParts.None : PolicyParts.Priority);

    private static PolicyParts Same(DomainPolicy own, DomainPolicy granted) =>
        (own.Mode == granted.Mode ? PolicyParts.Mode : PolicyParts.None)
        | (Equals(own.Window, granted.Window) ? PolicyParts.Window : PolicyParts.None)
        | (own.MaxPause == granted.MaxPause ? PolicyParts.MaxPause : PolicyParts.None)
        | (own.Priority == granted.Priority ? PolicyParts.Priority : PolicyParts.None);

    private static bool IsStricter(PolicyMode one, PolicyMode other) => Strictness(one) > Strictness(other);

    private static int Strictness(PolicyMode mode) => mode switch
    {
        PolicyMode.Auto => 0,
        PolicyMode.Ask => 1,
        _ => 2,
    };
}
