using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>
/// The old QEMU has the guest again, whole and paused, and refuses to continue it: it cannot open an image once more. Nobody else has
/// the guest; who makes the image accessible can continue it at any time, by libvirt too.
/// </summary>
internal sealed class StandsStillException : Exception
{
    internal StandsStillException(QmpException refusal)
        : base(refusal.Message, refusal)
    {
    }
}
