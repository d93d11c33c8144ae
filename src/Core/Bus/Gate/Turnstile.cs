using System.Globalization;

namespace VirtHandover.Bus.Gate;

/// <summary>
/// Decides whose call is answered when: root's first, then one user's after the other's, however many connections each of them has. It knows no sockets and has
/// no clock of its own: times are milliseconds of any clock.
/// </summary>
internal sealed class Turnstile(GateLimits limits)
{
    private readonly Dictionary<uint, CallerLane> _lanes = [];
    private readonly List<CallerLane> _round = [];
    private readonly Dictionary<(string Sender, uint Serial), Queue<(CallerLane Lane, HeldCall Call, long Since)>> _inFlight = [];
    private int _next;
    private int _othersInFlight;
    private int _othersBytes;

    /// <summary>Lets a call wait for its turn.</summary>
    /// <param name="call">The call.</param>
    /// <param name="userId">Whose it is.</param>
    /// <param name="now">Now.</param>
    /// <returns>Null, or a sentence: why it is refused.</returns>
    internal string? Offer(HeldCall call, uint userId, long now)
    {
        if (userId != 0 && _othersBytes + call.Bytes.Length > limits.AllWaitingBytes)
            return "virt-handoverd has as many calls waiting, of all users together, as it takes; try again in a moment.";
        if (LaneOf(userId, now) is not { } lane)
            return "virt-handoverd answers to as many users at a time as it can; try again in a moment.";
        if (!lane.TryAdd(call))
        {
            return string.Create(
                CultureInfo.InvariantCulture,
                $"uid {userId} has {lane.Waiting} calls waiting at virt-handoverd, on all its connections together, and may have no more; wait for answers first.");
        }

        _othersBytes += userId == 0 ? 0 : call.Bytes.Length;
        return null;
    }

    /// <summary>Whether a user is told that a call of his is refused; not when there were very many.</summary>
    internal bool TellsRefusal(uint userId, long now) => LaneOf(userId, now)?.TryRefuse(now) ?? false;

    /// <summary>The call whose turn it is; null: none's.</summary>
    internal HeldCall? Next(long now)
    {
        if (_lanes.TryGetValue(0, out var root) && Take(root, now) is { } first)
            return first;
        for (var looked = 0; looked < _round.Count && _othersInFlight < limits.AllInFlight; looked++)
        {
            var lane = _round[_next++ % _round.Count];
            _next %= _round.Count;
            if (Take(lane, now) is { } call)
            {
                _othersInFlight++;
                _othersBytes -= call.Bytes.Length;
                return call;
            }
        }

        return null;
    }

    /// <summary>A call was answered.</summary>
    /// <param name="sender">Whose call.</param>
    /// <param name="serial">Its number.</param>
    /// <returns>The call; null: none of ours, or already forgotten.</returns>
    internal HeldCall? Answered(string sender, uint serial)
    {
        if (!_inFlight.TryGetValue((sender, serial), out var entries))
            return null;
        var entry = entries.Dequeue();
        if (entries.Count == 0)
            _inFlight.Remove((sender, serial));
        Release(entry.Lane, entry.Call);
        return entry.Call;
    }

    /// <summary>Ends what has waited too long.</summary>
    /// <returns>Those that are to be told so.</returns>
    internal IReadOnlyList<HeldCall> Expire(long now)
    {
        var late = new List<HeldCall>();
        foreach (var lane in _lanes.Values)
        {
            var gone = lane.TakeOlder(now - (long)limits.Patience.TotalMilliseconds).ToList();
            _othersBytes -= lane.UserId == 0 ? 0 : gone.Sum(call => call.Bytes.Length);
            late.AddRange(gone);
        }

        // Answered by nobody: a handler that never ends.
        foreach (var (sender, serial) in _inFlight.Where(pair => pair.Value.Peek().Since < now - (long)limits.Forgotten.TotalMilliseconds)
            .Select(pair => pair.Key).ToList())
        {
            Answered(sender, serial);
        }

        return late;
    }

    /// <summary>When something is to be done although nothing comes; null: never.</summary>
    internal long? NextMoment(long now)
    {
        long? next = null;
        foreach (var lane in _lanes.Values)
        {
            if (lane.Waiting > 0)
                next = Math.Min(next ?? long.MaxValue, Math.Min(lane.NextTurn(now) ?? long.MaxValue, now + 1000));
        }

        return next ?? (_inFlight.Count > 0 ? now + 60_000 : null);
    }

    private HeldCall? Take(CallerLane lane, long now)
    {
        if (lane.TryTake(now) is not { } call)
            return null;

        // A number is its sender's to choose, and may be given twice.
        var key = (call.Head.Sender, call.Head.Serial);
        if (!_inFlight.TryGetValue(key, out var entries))
            _inFlight.Add(key, entries = new());
        entries.Enqueue((lane, call, now));
        return call;
    }

    private void Release(CallerLane lane, HeldCall call)
    {
        lane.Release(call);
        _othersInFlight -= lane.UserId == 0 ? 0 : 1;
    }

    private CallerLane? LaneOf(uint userId, long now)
    {
        if (_lanes.TryGetValue(userId, out var lane))
            return lane;
        if (_lanes.Count >= limits.Users && userId != 0)
            Forget(now);
        if (_lanes.Count >= limits.Users && userId != 0)
            return null;
        lane = new CallerLane(userId, limits, now);
        _lanes.Add(userId, lane);
        if (userId != 0)
            _round.Add(lane);
        return lane;
    }

    private void Forget(long now)
    {
        foreach (var idle in _round.Where(one => one.IsIdle(now)).ToList())
        {
            _round.Remove(idle);
            _lanes.Remove(idle.UserId);
        }

        _next = 0;
    }
}
