namespace VirtHandover.Queue;

/// <summary>Whether work comes to its ends: for the watchdog, which asks now and then, because a loop that hangs does not end.</summary>
/// <param name="time">The clock.</param>
internal sealed class Movement(TimeProvider time)
{
    /// <summary>Work that has made no step for so long hangs; each of its steps has a limit that is shorter.</summary>
    private static readonly TimeSpan StuckAfter = TimeSpan.FromMinutes(5);

    private long _steps;
    private int _works;
    private (long Steps, long Since) _watched;

    /// <summary>Work begins.</summary>
    internal void Begin() => Interlocked.Increment(ref _works);

    /// <summary>It has made a step.</summary>
    internal void Step() => Interlocked.Increment(ref _steps);

    /// <summary>It has ended.</summary>
    internal void End() => Interlocked.Decrement(ref _works);

    /// <summary>Whether it moves.</summary>
    /// <param name="others">Steps that are counted elsewhere.</param>
    /// <returns>False when there is work and it has made no step for some minutes.</returns>
    internal bool MovesOn(long others)
    {
        var steps = Interlocked.Read(ref _steps) + others;
        if (Volatile.Read(ref _works) == 0 || steps != _watched.Steps)
            _watched = (steps, time.GetTimestamp());
        return time.GetElapsedTime(_watched.Since) < StuckAfter;
    }
}
