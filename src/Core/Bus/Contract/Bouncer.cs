namespace VirtHandover.Bus.Contract;

/// <summary>Who may call a method.</summary>
internal enum Access
{
    /// <summary>Nobody: it is not in the table.</summary>
    Denied,

    /// <summary>Uid 0 and nobody else, whatever polkit says.</summary>
    Root,

    /// <summary>Whom polkit allows to read; without polkit every local user, as the properties are.</summary>
    View,

    /// <summary>Whom polkit allows to decide about single handovers; without polkit uid 0.</summary>
    Approve,

    /// <summary>Whom polkit allows to steer the whole; without polkit uid 0.</summary>
    Manage,
}

/// <summary>
/// Decides who may do what. Everything is denied that the table does not name, and every method's first line asks here.
/// Properties are read-only and open to everyone; the bus policy in <c>data/dbus</c> is the first, coarser door.
/// </summary>
internal static class Bouncer
{
    /// <summary>The only place where access is granted; the actions are described in <c>data/polkit</c>.</summary>
    internal static IReadOnlyDictionary<(string Interface, string Member), Access> Table { get; } =
        new Dictionary<(string, string), Access>
        {
            [(HandoverNames.Manager, "NotifyUpdate")] = Access.Root,
            [(HandoverNames.Manager, "History")] = Access.View,
            [(HandoverNames.Manager, "Rescan")] = Access.Approve,
            [(HandoverNames.Manager, "AssessAll")] = Access.Approve,
            [(HandoverNames.Manager, "Run")] = Access.Manage,
            [(HandoverNames.Manager, "PauseQueue")] = Access.Manage,
            [(HandoverNames.Manager, "ResumeQueue")] = Access.Manage,
            [(HandoverNames.Domain, "Approve")] = Access.Approve,
            [(HandoverNames.Domain, "Defer")] = Access.Approve,
            [(HandoverNames.Domain, "Undefer")] = Access.Approve,
            [(HandoverNames.Domain, "Cancel")] = Access.Approve,
            [(HandoverNames.Domain, "Retry")] = Access.Approve,
            [(HandoverNames.Domain, "SetPolicy")] = Access.Manage,
            [(HandoverNames.Domain, "Prepare")] = Access.Manage,
        };

    /// <summary>The polkit action that opens a door; null where polkit has no say.</summary>
    internal static string? ActionOf(Access access) => access switch
    {
        Access.View => Polkit.ActionPrefix + "view",
        Access.Approve => Polkit.ActionPrefix + "approve",
        Access.Manage => Polkit.ActionPrefix + "manage",
        _ => null,
    };

    /// <summary>What can be said without asking polkit.</summary>
    /// <returns>Null when polkit has to be asked.</returns>
    internal static bool? Allows(Access access, uint userId) => access switch
    {
        Access.Denied => false,
        _ when userId == 0 => true,
        Access.Root => false,
        _ => null,
    };

    /// <summary>Lets the call pass or ends it.</summary>
    /// <returns>Who called.</returns>
    /// <exception cref="BusException"><see cref="BusErrorNames.AccessDenied"/>: the caller may not do that, or has left already;
    /// <see cref="BusErrorNames.InteractiveAuthorizationRequired"/>: a password would open the door, and the caller did not say that somebody
    /// can be asked for one; <see cref="BusErrorNames.LimitsExceeded"/>: too many questions to polkit wait for their answers.</exception>
    internal static async Task<BusCaller> DemandAsync(BusCall call)
    {
        var (@interface, member) = (call.Message.Interface, call.Message.Member);
        BusCaller caller;
        try
        {
            caller = await call.GetCallerAsync().ConfigureAwait(false);
        }
        catch (BusException e)
        {
            throw new BusException(BusErrorNames.AccessDenied, $"{member} is refused because the bus does not say who called it: {e.Message}");
        }

        var access = Table.GetValueOrDefault((@interface, member));
        switch (Allows(access, caller.UserId))
        {
            case true:
                return caller;
            case false:
                throw new BusException(BusErrorNames.AccessDenied, $"{member} is for root only, and {caller} called it.");
        }

        var verdict = await Polkit.CheckAsync(call, caller, ActionOf(access)!).ConfigureAwait(false);
        return verdict switch
        {
            PolkitVerdict.Allowed => caller,
            PolkitVerdict.TooMany => throw new BusException(
                BusErrorNames.LimitsExceeded,
                $"{member} of {caller} was not put before polkit: {Polkit.MostOfOne} calls of one user, and {Polkit.MostOfAll} of all, may wait for its answer at a time."),
            PolkitVerdict.Late => throw new BusException(
                BusErrorNames.AccessDenied,
                $"{member} is refused to {caller}: no password was given within {Polkit.PersonLimit.TotalMinutes:0} minutes (polkit action {ActionOf(access)})."),
            PolkitVerdict.Absent when access == Access.View => caller,
            PolkitVerdict.Absent => throw new BusException(
                BusErrorNames.AccessDenied, $"{member} is for root only, because polkit does not run on this host, and {caller} called it."),
            PolkitVerdict.PasswordNeeded when !call.AllowsInteraction => throw new BusException(
                BusErrorNames.InteractiveAuthorizationRequired,
                $"{member} needs a password of an administrator (polkit action {ActionOf(access)}), and the call did not allow to ask for one."),
            _ => throw new BusException(
                BusErrorNames.AccessDenied, $"{member} is refused to {caller}: polkit does not allow the action {ActionOf(access)}."),
        };
    }
}
