namespace VirtHandover.Worker;

/// <summary>One at a time for each key; keys do not wait for each other.</summary>
/// <typeparam name="T">The key.</typeparam>
internal sealed class KeyedGate<T>
    where T : notnull
{
    private readonly Lock _lock = new();
    private readonly Dictionary<T, Place> _places = [];

    /// <summary>How many keys are in use.</summary>
    internal int Count
    {
        get
        {
            lock (_lock)
            {
                return _places.Count;
            }
        }
    }

    /// <summary>Does something when nobody else does it for the same key.</summary>
    /// <param name="key">The key.</param>
    /// <param name="action">What is done.</param>
    /// <param name="stop">Stops waiting.</param>
    internal async Task PassAsync(T key, Func<Task> action, CancellationToken stop)
    {
        Place? place;
        lock (_lock)
        {
            if (!_places.TryGetValue(key, out place))
                _places[key] = place = new Place();
            place.Users++;
        }

        try
        {
            await place.Gate.WaitAsync(stop).ConfigureAwait(false);
            try
            {
                await action().ConfigureAwait(false);
            }
            finally
            {
                place.Gate.Release();
            }
        }
        finally
        {
            lock (_lock)
            {
                if (--place.Users == 0)
                {
                    _places.Remove(key);
                    place.Gate.Dispose();
                }
            }
        }
    }

    private sealed class Place
    {
        internal SemaphoreSlim Gate { get; } = new(1);

        internal int Users { get; set; }
    }
}
