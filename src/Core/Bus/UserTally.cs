namespace VirtHandover.Bus;

/// <summary>Counts what each user has open, and all together.</summary>
/// <param name="each">The most of one user.</param>
/// <param name="all">The most of all.</param>
internal sealed class UserTally(int each, int all)
{
    private readonly Lock _gate = new();
    private readonly Dictionary<uint, int> _open = [];
    private int _all;

    /// <summary>Opens one more.</summary>
    /// <param name="userId">Whose.</param>
    /// <returns>Ends it when it is disposed of; null: there may be no further one.</returns>
    internal IDisposable? TryOpen(uint userId)
    {
        lock (_gate)
        {
            var open = _open.GetValueOrDefault(userId);
            if (open >= each || _all >= all)
                return null;
            _open[userId] = open + 1;
            _all++;
            return new Entry(this, userId);
        }
    }

    private void Close(uint userId)
    {
        lock (_gate)
        {
            _all--;
            if (--_open[userId] == 0)
                _open.Remove(userId);
        }
    }

    private sealed class Entry(UserTally tally, uint userId) : IDisposable
    {
        public void Dispose() => tally.Close(userId);
    }
}
