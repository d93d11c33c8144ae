using System.Runtime.InteropServices;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// Who is behind a monitor that is reached through libvirt. libvirt connects by a path that QEMU's user may have turned to another VM's; what a process was
/// given over the monitor it has, and that can be seen.
/// </summary>
internal static class MonitorProof
{
    /// <summary>Proves it by a socket that was given over the monitor (<c>getfd</c>).</summary>
    /// <param name="process">The process that must have it.</param>
    /// <param name="given">The socket.</param>
    /// <exception cref="HandoverException">It has not got it: another one answers on its monitor.</exception>
    internal static void Require(ProcessHandle process, SafeHandle given)
    {
        if (!BoundSocket.IsHeldBy(process, FileIdentity.Of(given)?.Inode ?? 0))
        {
            throw new HandoverException(
                $"Another process than the VM's QEMU (process {process.Id}) answers on its monitor: a socket that was sent to it did not arrive there. "
                + "Nothing was moved. Look at where the monitor's path leads.");
        }
    }
}
