namespace VirtHandover.Libvirt;

/// <summary>A libvirt call failed. The message is a sentence that names the call's purpose and libvirt's own words.</summary>
public sealed class LibvirtException : Exception
{
    /// <summary><see cref="Code"/> of a call that was given up at its limit; libvirt has no such number.</summary>
    public const int NoAnswer = -1;

    /// <summary>libvirt's <c>VIR_ERR_NO_DOMAIN</c>.</summary>
    public const int NoDomain = 42;

    /// <summary>libvirt's <c>VIR_ERR_OPERATION_INVALID</c>, for example because the domain is not running.</summary>
    public const int OperationInvalid = 55;

    /// <summary>libvirt's <c>VIR_ERR_OPERATION_TIMEOUT</c>: another job of the domain has not let this one begin for 30 s.</summary>
    public const int OperationTimeout = 68;

    /// <summary>libvirt's <c>VIR_ERR_OPERATION_UNSUPPORTED</c>; of a domain that is being migrated here it says so when it is asked for jobs.</summary>
    public const int OperationUnsupported = 84;

    // VIR_ERR_INTERNAL_ERROR, VIR_ERR_NO_CONNECT, VIR_ERR_SYSTEM_ERROR, VIR_ERR_RPC.
    private const int InternalError = 1;
    private const int NoConnect = 5;
    private const int SystemError = 38;
    private const int Rpc = 39;

    /// <summary>Creates the exception.</summary>
    /// <param name="code">libvirt's <c>virErrorNumber</c>; 0 when libvirt gave none, <see cref="NoAnswer"/> when it did not answer.</param>
    /// <param name="message">What failed and what libvirt said.</param>
    public LibvirtException(int code, string message)
        : base(message) => Code = code;

    /// <summary>libvirt's <c>virErrorNumber</c>, for example 42 for <c>VIR_ERR_NO_DOMAIN</c>.</summary>
    public int Code { get; }

    /// <summary>The daemon has ended.</summary>
    /// <param name="message">A sentence.</param>
    internal static LibvirtException Ended(string message) => new(NoConnect, message);

    /// <summary>True when libvirt's daemon is not there; one that is there and does not answer is another matter.</summary>
    public bool IsAway => IsConnectionLost && Code != NoAnswer;

    /// <summary>True when libvirt's daemon could not be reached or went away: the call says nothing about the domain.</summary>
    public bool IsConnectionLost =>
        Code is NoAnswer or NoConnect or SystemError or Rpc ||
        (Code is 0 or InternalError && Message.Contains("closed", StringComparison.Ordinal));
}
