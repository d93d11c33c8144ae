namespace VirtHandover.Queue;

/// <summary>The administrator's own programs that are told what happens.</summary>
public interface INoticePrograms
{
    /// <summary>Tells all of them one piece of news.</summary>
    /// <param name="notice">The news.</param>
    /// <param name="cancellationToken">Stops it, and what runs.</param>
    /// <returns>Completes when each was told or has failed.</returns>
    Task TellAsync(Notice notice, CancellationToken cancellationToken);
}
