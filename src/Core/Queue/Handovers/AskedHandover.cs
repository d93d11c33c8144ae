namespace VirtHandover.Queue;

/// <summary>A handover that somebody asked for by name and that waits for its turn.</summary>
/// <param name="Id">Its number.</param>
/// <param name="Domain">The domain's UUID.</param>
/// <param name="Rehearse">Stop after the twin check.</param>
/// <param name="By">Who asked.</param>
/// <param name="At">When.</param>
/// <param name="MaxPause">How long the guest may stand still; null: as its policy says.</param>
internal sealed record AskedHandover(long Id, Guid Domain, bool Rehearse, string By, DateTimeOffset At, TimeSpan? MaxPause = null)
{
    /// <summary>The same as the database has it.</summary>
    /// <param name="name">The domain's name.</param>
    public HandoverRecord Record(string name) => new(Id, Domain, name, At, Started: false);
}
