namespace VirtHandover.Queue;

/// <summary>A handover that has a number and no result yet.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Domain">The domain's UUID.</param>
/// <param name="Name">The domain's name when it was asked for.</param>
/// <param name="CreatedAt">When it got its number.</param>
/// <param name="Started">It has been started; only then can anything have happened to the domain.</param>
public sealed record HandoverRecord(
    long Id, Guid Domain, string Name, DateTimeOffset CreatedAt, bool Started);
