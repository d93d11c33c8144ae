using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt;

namespace VirtHandover.Handover;

/// <summary>The preflight on its own, for the queue: how a domain would be handed over, or why not.</summary>
internal static class Preflighting
{
    /// <summary>Reads the domain and runs the preflight. Changes nothing.</summary>
    /// <exception cref="LibvirtException">libvirt's daemon is away, so that nothing can be said.</exception>
    internal static async Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken)
    {
        try
        {
            var request = new HandoverRequest(0, domain, Rehearse: true, TimeSpan.Zero);
            using var begun = await BeginPhase.ReadAsync(request, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            // libvirt probes a new binary once, for half a second or more: not within a handover's time.
            await PreparePhase.WarmCapabilitiesAsync(begun, cancellationToken).ConfigureAwait(false);
            // VQ_SIZE, QOM_DIFF, ROM_SIZE and others come of the twins only.
            return begun.Assessment.IsBlocked
                ? begun.Assessment
                : begun.Assessment with { Findings = [.. begun.Assessment.Findings, FindingCodes.NotCompared.Says("The running QEMU and the new one have not been compared device by device yet.")] };
        }
        catch (LibvirtException exception) when (exception.IsConnectionLost)
        {
            // Another VM's handover keeps libvirt down, as a rule. That is no fault of this one and no reason to refuse it.
            throw;
        }
        catch (RefusedException exception)
        {
            // Its process is not to be believed, so nothing more is asked of it.
            return new Assessment(null, "", exception.Findings);
        }
        catch (Exception exception) when (HandoverRun.IsFailure(exception))
        {
            return new Assessment(null, "", [FindingCodes.Unreadable.Says($"The VM cannot be examined: {exception.Message}")]);
        }
    }
}
