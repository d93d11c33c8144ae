namespace VirtHandover.Queue;

/// <summary>Whether the queue as a whole goes on; kept over restarts.</summary>
/// <param name="Pause">Why nothing approved is started; null while the queue runs.</param>
/// <param name="Failures">Failed handovers in a row, since the last one that went well or the last resume.</param>
internal sealed record QueueControl(QueuePause? Pause = null, int Failures = 0)
{
    /// <summary>
    /// What administrators have set for domains with <c>SetPolicy</c>, as <c>PolicyXml</c> writes it, by the domain's UUID: only root writes this, while the
    /// metadata in which libvirt keeps the same can be written by whoever may edit the domain.
    /// </summary>
    public IReadOnlyDictionary<Guid, string>? Granted { get; init; }
}
