using VirtHandover.Bus.Client;
using VirtHandover.Foreign;

namespace VirtHandover.Bus;

/// <summary>The closed list of errors on the bus, and what each means to a client; both directions stand here.</summary>
internal static class ServiceErrors
{
    internal const string Prefix = "org.virthandover.Handover1.Error.";

    private static readonly (ServiceFault Fault, string Name)[] s_table =
    [
        (ServiceFault.UnknownDomain, Prefix + "UnknownDomain"),
        (ServiceFault.WrongState, Prefix + "WrongState"),
        (ServiceFault.InvalidArgument, Prefix + "InvalidArgument"),
        (ServiceFault.LibvirtUnavailable, Prefix + "LibvirtUnavailable"),
        (ServiceFault.Failed, Prefix + "Failed"),
        (ServiceFault.NotAuthorized, BusErrorNames.AccessDenied),
    ];

    /// <summary>What a handler threw, as the error that its caller gets.</summary>
    internal static BusException ToBus(Exception exception) => exception switch
    {
        BusException { Name: BusErrorNames.InvalidArgs } e => new BusException(NameOf(ServiceFault.InvalidArgument), e.Message),
        BusException { Name: BusErrorNames.AccessDenied or BusErrorNames.InteractiveAuthorizationRequired or BusErrorNames.LimitsExceeded } e => e,
        ServiceException e => new BusException(NameOf(e.Fault), e.Message),
        OperationCanceledException => new BusException(NameOf(ServiceFault.Failed), "The service is stopping; try again when it runs."),
        _ => new BusException(NameOf(ServiceFault.Failed), $"The service met an error of its own ({exception.Message}); its log says more."),
    };

    /// <summary>True for an exception that no caller can have caused: the log must have it.</summary>
    internal static bool IsFault(Exception exception) =>
        exception is not (BusException or ServiceException or OperationCanceledException);

    /// <summary>What the bus answered to a client, as the client's exception.</summary>
    /// <param name="error">The answer.</param>
    /// <param name="purpose">What was tried, to follow "Could not".</param>
    internal static ServiceException ToClient(BusException error, string purpose)
    {
        foreach (var (fault, name) in s_table)
        {
            if (error.Name == name && fault != ServiceFault.NotAuthorized)
                return new ServiceException(fault, error.Message);
        }

        return error.Name switch
        {
            // The bus's own policy says it in words for programmers; the service's refusal is already a sentence.
            BusErrorNames.AccessDenied or BusErrorNames.InteractiveAuthorizationRequired => new(
                ServiceFault.NotAuthorized, $"Could not {purpose}: this user may not do that. Run it as root. ({error.Message})"),
            BusErrorNames.LimitsExceeded => new(ServiceFault.Failed, $"Could not {purpose}: {error.Message}"),
            BusErrorNames.InvalidArgs => new(ServiceFault.InvalidArgument, $"Could not {purpose}: {error.Message}"),
            BusErrorNames.UnknownObject => new(ServiceFault.UnknownDomain, $"Could not {purpose}: no running domain has that UUID."),
            BusErrorNames.NoServer => new(
                ServiceFault.Unreachable, $"Could not {purpose}: there is no D-Bus system bus. ({error.Message}) Is dbus running on this host?"),
            BusErrorNames.ServiceUnknown or BusErrorNames.NameHasNoOwner => new(
                ServiceFault.Unreachable,
                $"Could not {purpose}: virt-handoverd does not run and D-Bus does not know how to start it. Is the package virt-handover installed?"),
            BusErrorNames.NoReply or BusErrorNames.Timeout => new(
                ServiceFault.Unreachable, $"Could not {purpose}: virt-handoverd did not answer in time. See: {Said.Log}"),
            BusErrorNames.Disconnected => new(
                ServiceFault.Unreachable, $"Could not {purpose}: the connection to the D-Bus system bus broke. ({error.Message})"),
            var name when name.StartsWith(BusErrorNames.SpawnPrefix, StringComparison.Ordinal) => new(
                ServiceFault.Unreachable,
                $"Could not {purpose}: virt-handoverd does not start ({error.Message}). See: systemctl status virt-handoverd virt-handover-worker"),
            _ => new(ServiceFault.Failed, $"Could not {purpose}: {error.Message} ({error.Name})"),
        };
    }

    // Unreachable is the client's own finding; a service that answers can only have failed.
    private static string NameOf(ServiceFault fault) =>
        s_table.FirstOrDefault(row => row.Fault == fault).Name ?? Prefix + "Failed";
}
