using VirtHandover.Handover.Preflight;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// A guest that has stopped by itself in the moment before it was to be stopped: it has panicked, shut down, or met an error. Continued in the new
/// QEMU it would go on as if nothing had been.
/// </summary>
internal static class GuestEnd
{
    private static readonly string[] s_ends = ["guest-panicked", "internal-error", "io-error", "shutdown", "suspended", "watchdog"];

    /// <summary>Whether it is in such a state.</summary>
    internal static bool IsOne(RunState state) => s_ends.Contains(state.Status);

    /// <summary>Refuses to go on with it: a state of the VM, and no failure of a handover.</summary>
    /// <exception cref="RefusedException">It is in such a state.</exception>
    internal static void Refuse(RunState state)
    {
        if (IsOne(state))
            throw new RefusedException([FindingCodes.StateBad.Says($"QEMU's state is '{state.Status}'.")]);
    }
}
