using VirtHandover.Linux;

namespace VirtHandover.Handover.Preflight;

/// <summary>Reads what systemd-machined knows of a VM, and whether it can be told something else.</summary>
internal static class MachineReader
{
    internal static async Task<MachineFacts> ReadAsync(int process, Guid domain, CancellationToken cancellationToken)
    {
        var (machine, problem) = await SystemdMachined.FindAsync(process, domain, cancellationToken).ConfigureAwait(false);
        return new MachineFacts(machine, problem ?? (machine is null ? null : await SystemdMachined.RefusalAsync(cancellationToken).ConfigureAwait(false)));
    }
}
