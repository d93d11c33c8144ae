namespace VirtHandover.Bus.Contract;

/// <summary>Who may call a method.</summary>
internal enum Access
{
    /// <summary>Nobody: it is not in the table.</summary>
    Denied,

    /// <summary>Every local user: it only reads.</summary>
    Anyone,

    /// <summary>Uid 0: it changes something.</summary>
    Root,
}

/// <summary>
/// Decides who may do what. Everything is denied that the table does not name, and every method's first line asks here.
/// Properties are read-only and open to everyone; the bus policy in <c>data/dbus</c> is the first, coarser door.
/// </summary>
internal static class Bouncer
{
    /// <summary>The only place where access is granted.</summary>
    internal static IReadOnlyDictionary<(string Interface, string Member), Access> Table { get; } =
        new Dictionary<(string, string), Access>
        {
            [(HandoverNames.Manager, "NotifyUpdate")] = Access.Root,
            [(HandoverNames.Manager, "Rescan")] = Access.Root,
            [(HandoverNames.Manager, "Run")] = Access.Root,
            [(HandoverNames.Manager, "History")] = Access.Anyone,
            [(HandoverNames.Manager, "PauseQueue")] = Access.Root,
            [(HandoverNames.Manager, "ResumeQueue")] = Access.Root,
            [(HandoverNames.Manager, "AssessAll")] = Access.Root,
            [(HandoverNames.Domain, "Undefer")] = Access.Root,
            [(HandoverNames.Domain, "SetPolicy")] = Access.Root,
            [(HandoverNames.Domain, "Prepare")] = Access.Root,
            [(HandoverNames.Domain, "Approve")] = Access.Root,
            [(HandoverNames.Domain, "Defer")] = Access.Root,
            [(HandoverNames.Domain, "Cancel")] = Access.Root,
            [(HandoverNames.Domain, "Retry")] = Access.Root,
        };

    /// <summary>The table's answer for one user.</summary>
    internal static bool Allows(string @interface, string member, uint userId) => Table.GetValueOrDefault((@interface, member)) switch
    {
        Access.Anyone => true,
        Access.Root => userId == 0,
        _ => false,
    };

    /// <summary>Lets the call pass or ends it.</summary>
    /// <returns>Who called.</returns>
    /// <exception cref="BusException"><see cref="BusErrorNames.AccessDenied"/>: the caller may not do that, or has left already.</exception>
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

        return Allows(@interface, member, caller.UserId)
            ? caller
            : throw new BusException(BusErrorNames.AccessDenied, $"{member} is for root only, and uid {caller.UserId} called it.");
    }
}
