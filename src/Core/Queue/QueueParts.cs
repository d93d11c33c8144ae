using Serilog;
using VirtHandover.Canary;
using VirtHandover.Detection;
using VirtHandover.Handover;

namespace VirtHandover.Queue;

/// <summary>What scanner, scheduler and executor work with; the composition root chooses.</summary>
/// <param name="Options">The configuration.</param>
/// <param name="Detector">Finds the running domains.</param>
/// <param name="Runner">Executes handovers.</param>
/// <param name="Recovery">Tells what became of handovers that the service did not see ending.</param>
/// <param name="Transaction">Tells whether a package is being installed.</param>
/// <param name="Identify">Names the process behind a pid.</param>
/// <param name="Time">The clock.</param>
/// <param name="Log">The service's log.</param>
public sealed record QueueParts(
    QueueOptions Options,
    IDetector Detector,
    IHandoverRunner Runner,
    IHandoverRecovery Recovery,
    ITransactionProbe Transaction,
    Func<int, QemuInstance> Identify,
    TimeProvider Time,
    ILogger Log)
{
    /// <summary>What libvirt keeps of the domains.</summary>
    public required IDomainDefinitions Definitions { get; init; }

    /// <summary>Asks whether the fleet is held.</summary>
    public required IHoldProbe Hold { get; init; }

    /// <summary>The administrator's own programs; null for none.</summary>
    public INoticePrograms? Notices { get; init; }

    /// <summary>Tells when domains start and end; null for none.</summary>
    public IDomainWatch? Watch { get; init; }

    /// <summary>Goes first when QEMU or libvirt has changed; null for none.</summary>
    public ICanary? Canary { get; init; }
}
