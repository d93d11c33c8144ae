namespace VirtHandover.Queue;

/// <summary>Asks once whether something outside holds the fleet.</summary>
public interface IHoldProbe
{
    /// <summary>Asks.</summary>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Why no handover may start, in a sentence; empty when nothing holds them.</returns>
    Task<string> AskAsync(CancellationToken cancellationToken);
}
