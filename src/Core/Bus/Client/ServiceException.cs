namespace VirtHandover.Bus.Client;

/// <summary>The closed list of ways in which a call to the service fails.</summary>
public enum ServiceFault
{
    /// <summary>No D-Bus system bus, or the service cannot be started.</summary>
    Unreachable,

    /// <summary>The caller may not do this.</summary>
    NotAuthorized,

    /// <summary>No running domain of that name or UUID.</summary>
    UnknownDomain,

    /// <summary>The domain's state does not allow it (for example approving a running one).</summary>
    WrongState,

    /// <summary>An argument does not parse.</summary>
    InvalidArgument,

    /// <summary>libvirt cannot be reached by the service.</summary>
    LibvirtUnavailable,

    /// <summary>Anything else; the message says what.</summary>
    Failed,
}

/// <summary>A call to the service failed; the message is a sentence for the user.</summary>
public sealed class ServiceException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="fault">What kind of failure.</param>
    /// <param name="message">What failed and what to do next.</param>
    public ServiceException(ServiceFault fault, string message)
        : base(message) => Fault = fault;

    /// <summary>What kind of failure; decides the exit code.</summary>
    public ServiceFault Fault { get; }
}
