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
    /// <param name="limit">How long to wait for its end; null for the usual time.</param>
    /// <exception cref="HandoverException">It does not end.</exception>
    internal static void Of(ProcessIdentity process, string which, TimeSpan? limit = null)
    {
        if (!TryOf(process, limit ?? Limits.ProcessEnd))
            throw new HandoverException($"The {which} QEMU (process {process.ProcessId}) was killed and does not end.");
    }

    /// <summary>Ends it.</summary>
    /// <param name="process">The process.</param>
    /// <param name="limit">How long to wait for its end.</param>
    /// <returns>False when it was killed and is still there: it runs nothing of its own any more, but holds what it has.</returns>
    internal static bool TryOf(ProcessIdentity process, TimeSpan limit)
    {
        using var handle = ProcessHandle.TryOpen(process);
        handle?.Kill();
        return handle is null || handle.WaitForExit(limit);
    }
}
