using VirtHandover.Bus.Contract;

namespace VirtHandover.Bus.Gate;

/// <summary>A call that has come and that nothing has looked into but its header.</summary>
/// <param name="Head">Its header.</param>
/// <param name="Bytes">All of it.</param>
/// <param name="Since">When it came, on the gate's clock, in milliseconds.</param>
internal sealed record HeldCall(MessageHead Head, byte[] Bytes, long Since)
{
    /// <summary>Its answer may be long: anything but our own methods, and the history.</summary>
    internal bool IsRead =>
        Head.Interface is not (HandoverNames.Manager or HandoverNames.Domain) || Head.Member == "History";
}
