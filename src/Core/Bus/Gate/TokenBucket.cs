namespace VirtHandover.Bus.Gate;

/// <summary>So many at once, and so many in a second after that.</summary>
internal sealed class TokenBucket
{
    private readonly int _most;
    private readonly int _perSecond;
    private double _tokens;
    private long _filled;

    /// <param name="most">At once.</param>
    /// <param name="perSecond">In a second.</param>
    /// <param name="now">Now, in milliseconds of any clock.</param>
    internal TokenBucket(int most, int perSecond, long now) => (_most, _perSecond, _tokens, _filled) = (most, perSecond, most, now);

    /// <summary>Whether there is one.</summary>
    internal bool HasOne(long now)
    {
        Fill(now);
        return _tokens >= 1;
    }

    /// <summary>Whether nobody has taken one for some time.</summary>
    internal bool IsFull(long now)
    {
        Fill(now);
        return _tokens >= _most;
    }

    /// <summary>Takes one, if there is one.</summary>
    internal bool TryTake(long now)
    {
        if (!HasOne(now))
            return false;
        _tokens--;
        return true;
    }

    /// <summary>When there will be one.</summary>
    internal long NextAt(long now) => HasOne(now) ? now : now + (long)Math.Ceiling((1 - _tokens) * 1000 / _perSecond);

    private void Fill(long now)
    {
        _tokens = Math.Min(_most, _tokens + ((now - _filled) * _perSecond / 1000.0));
        _filled = now;
    }
}
