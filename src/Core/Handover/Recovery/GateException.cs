namespace VirtHandover.Handover;

/// <summary>libvirt's daemon must not start yet; the message says why and what to do.</summary>
public sealed class GateException : Exception
{
    internal GateException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
