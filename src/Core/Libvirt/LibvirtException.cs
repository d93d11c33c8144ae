namespace VirtHandover.Libvirt;

/// <summary>A libvirt call failed. The message is a sentence that names the call's purpose and libvirt's own words.</summary>
public sealed class LibvirtException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">libvirt's <c>virErrorNumber</c>; 0 when libvirt gave none.</param>
    /// <param name="message">What failed and what libvirt said.</param>
    public LibvirtException(int code, string message)
        : base(message) => Code = code;

    /// <summary>libvirt's <c>virErrorNumber</c>, for example 42 for <c>VIR_ERR_NO_DOMAIN</c>.</summary>
    public int Code { get; }
}
