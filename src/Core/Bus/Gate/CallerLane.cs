namespace VirtHandover.Bus.Gate;

/// <summary>One user's calls: those that wait and those that are being answered. Root's is as wide as the others together.</summary>
internal sealed class CallerLane
{
    private readonly GateLimits _limits;
    private readonly Queue<HeldCall> _calls = new();
    private readonly Queue<HeldCall> _reads = new();
    private readonly TokenBucket _turns;
    private readonly TokenBucket _refusals;

    internal CallerLane(uint userId, GateLimits limits, long now)
    {
        (UserId, _limits) = (userId, limits);
        _turns = new TokenBucket(limits.Burst, limits.PerSecond, now);
        _refusals = new TokenBucket(limits.RefusalsAtOnce, limits.RefusalsPerSecond, now);
    }

    /// <summary>Whose.</summary>
    internal uint UserId { get; }

    /// <summary>Calls that are being answered.</summary>
    internal int InFlight { get; private set; }

    /// <summary>Of these, the <see cref="HeldCall.IsRead"/> ones.</summary>
    internal int Reads { get; private set; }

    /// <summary>Calls that wait.</summary>
    internal int Waiting => _calls.Count + _reads.Count;

    private bool IsRoot => UserId == 0;

    /// <summary>Whether nothing would be lost without it.</summary>
    internal bool IsIdle(long now) => Waiting == 0 && InFlight == 0 && _turns.IsFull(now) && _refusals.IsFull(now);

    /// <summary>Whether this user is told of one more refusal.</summary>
    internal bool TryRefuse(long now) => IsRoot || _refusals.TryTake(now);

    /// <summary>Lets a call wait here.</summary>
    /// <returns>False: there are too many.</returns>
    internal bool TryAdd(HeldCall call)
    {
        if (Waiting >= (IsRoot ? _limits.RootWaiting : _limits.Waiting))
            return false;
        (call.IsRead ? _reads : _calls).Enqueue(call);
        return true;
    }

    /// <summary>The next one whose turn it may be, if this user may have a further one answered now.</summary>
    internal HeldCall? TryTake(long now)
    {
        if (!IsRoot && !_turns.HasOne(now))
            return null;
        if (InFlight >= (IsRoot ? _limits.RootInFlight : _limits.InFlight))
            return null;

        // Each kind in its order; between the two there is none that a caller could rely on who does not wait for his answer.
        var mayRead = _reads.Count > 0 && (IsRoot || Reads < _limits.Reads);
        var queue = mayRead && (_calls.Count == 0 || _reads.Peek().Since <= _calls.Peek().Since) ? _reads : _calls;
        if (!queue.TryDequeue(out var call))
            return null;
        _ = _turns.TryTake(now);
        InFlight++;
        Reads += call.IsRead ? 1 : 0;
        return call;
    }

    /// <summary>One that is being answered is so no more.</summary>
    internal void Release(HeldCall call)
    {
        InFlight--;
        Reads -= call.IsRead ? 1 : 0;
    }

    /// <summary>Those that came before a moment go without having had their turn.</summary>
    internal IEnumerable<HeldCall> TakeOlder(long than)
    {
        foreach (var queue in (Queue<HeldCall>[])[_calls, _reads])
        {
            while (queue.TryPeek(out var call) && call.Since < than)
                yield return queue.Dequeue();
        }
    }

    /// <summary>When it may have its next turn; null: not by the mere passing of time.</summary>
    internal long? NextTurn(long now) => Waiting > 0 && !IsRoot && !_turns.HasOne(now) ? _turns.NextAt(now) : null;
}
