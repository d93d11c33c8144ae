namespace VirtHandover.Contract;

/// <summary>How long to wait before trying again: twice as long after each failure, up to a limit.</summary>
/// <param name="First">The wait after the first failure; more than nothing.</param>
/// <param name="Longest">The longest.</param>
public sealed record Backoff(TimeSpan First, TimeSpan Longest)
{
    /// <summary>The wait after so many failures before this one.</summary>
    /// <param name="failures">How many there were in a row, without the one just seen.</param>
    /// <returns>From <see cref="First"/> to <see cref="Longest"/>.</returns>
    public TimeSpan After(int failures)
    {
        var wait = First;
        for (var times = 0; times < failures && wait < Longest; times++)
            wait = wait > Longest / 2 ? Longest : wait * 2;
        return wait < Longest ? wait : Longest;
    }
}
