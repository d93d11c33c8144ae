using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>
/// Who systemd-machined takes for the VM. The seat is empty while the guest moves: in that time either process may end without machined
/// ending the other one with it, whoever ends it and whenever machined restarts.
/// </summary>
internal static class MachineSeat
{
    /// <summary>Takes the source out of it.</summary>
    /// <param name="machine">What machined knew; null when it does not know the VM.</param>
    /// <exception cref="HandoverException">machined does not let it go.</exception>
    internal static async Task VacateAsync(MachineRegistration? machine)
    {
        if (machine is not null && await SystemdMachined.UnregisterAsync(machine.Name).ConfigureAwait(false) is { } problem)
            throw new HandoverException(problem);
    }

    /// <summary>Puts the one that has the guest into it.</summary>
    /// <param name="machine">What machined knew; null when it does not know the VM.</param>
    /// <param name="process">The one that has the guest.</param>
    /// <param name="isVacant">True when it is certain that nobody else is in it.</param>
    /// <returns>Nothing, or the sentence of a warning: an empty seat harms nobody.</returns>
    /// <exception cref="HandoverException">Another process may be in it, with whose end machined would end this one.</exception>
    internal static async Task<IReadOnlyList<string>> TakeAsync(MachineRegistration? machine, ProcessIdentity process, bool isVacant)
    {
        if (machine is null || await SystemdMachined.RegisterAsync(machine, process.ProcessId).ConfigureAwait(false) is not { } problem)
            return [];
        if (!isVacant)
        {
            var (there, unknown) = await SystemdMachined.NamedAsync(machine.Name).ConfigureAwait(false);
            if (unknown is not null || (there is not null && there.Leader != process.ProcessId))
                throw new HandoverException($"systemd-machined may still take another process for the VM, and would end the new one with it. {unknown ?? problem}");
        }

        return [$"The machine {machine.Name} is no longer registered with systemd-machined, so machinectl does not show it; nothing else depends on it. {problem}"];
    }
}
