using VirtHandover.Handover.Phases;

namespace VirtHandover.Handover;

/// <summary>The preflight on its own, for the queue: how a domain would be handed over, or why not.</summary>
internal static class Preflighting
{
    /// <summary>Reads the domain and runs the preflight. Changes nothing.</summary>
    internal static async Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken)
    {
        try
        {
            var request = new HandoverRequest(0, domain, Rehearse: true, TimeSpan.Zero);
            using var begun = await BeginPhase.ReadAsync(request, TimeProvider.System, cancellationToken).ConfigureAwait(false);
            return begun.Assessment;
        }
        catch (Exception exception) when (HandoverRun.IsExpected(exception))
        {
            return new Assessment(null, "", [new Finding("UNREADABLE", FindingSeverity.Blocker, $"The VM cannot be examined: {exception.Message} It runs on; look again with 'virt-handover rescan'.")]);
        }
    }
}
