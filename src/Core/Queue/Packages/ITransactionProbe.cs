namespace VirtHandover.Queue;

/// <summary>Tells whether a package manager is replacing files right now.</summary>
public interface ITransactionProbe
{
    /// <summary>Looks once; cheap enough to be asked twice a second.</summary>
    /// <param name="cancellationToken">Stops the look.</param>
    /// <returns>True while a transaction runs; false too when there is no package manager.</returns>
    Task<bool> IsRunningAsync(CancellationToken cancellationToken);
}
