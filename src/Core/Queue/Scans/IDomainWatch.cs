namespace VirtHandover.Queue;

/// <summary>Tells that domains have started or ended, so that the queue need not wait for its slow timer.</summary>
public interface IDomainWatch
{
    /// <summary>Listens until it is told to stop.</summary>
    /// <param name="changed">Called for every start and end, and when one may have been missed.</param>
    /// <param name="cancellationToken">Stops it.</param>
    Task RunAsync(Action changed, CancellationToken cancellationToken);
}
