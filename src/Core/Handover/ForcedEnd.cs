using VirtHandover.Handover.Phases;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>Ends one of the two QEMUs, and sees its end. SIGKILL and nothing else: a QEMU that ends in order unlinks its sockets' paths and may empty shared memory.</summary>
internal static class ForcedEnd
{
    /// <summary>Ends it; one that has ended already is fine.</summary>
    /// <param name="process">The process.</param>
    /// <param name="which">For the sentence: old or new.</param>
    /// <exception cref="HandoverException">It does not end.</exception>
    internal static void Of(ProcessIdentity process, string which)
    {
        using var handle = ProcessHandle.TryOpen(process);
        handle?.Kill();
        if (handle?.WaitForExit(Limits.ProcessEnd) == false)
            throw new HandoverException($"The {which} QEMU (process {process.ProcessId}) was killed and does not end.");
    }
}
