using System.Diagnostics.CodeAnalysis;

namespace VirtHandover.Bus.Gate;

/// <summary>
/// Which user has which unique name, as the bus said; and the calls of those of whom it has not said it yet. A unique name is never given to anybody else while
/// the bus lives, so nothing here becomes wrong; the oldest is forgotten when there is too much of it.
/// </summary>
internal sealed class CallerNames(GateLimits limits)
{
    // A caller who does not wait for answers may send some calls before the bus has said who he is.
    private const int MostOfOne = 16;

    private readonly Dictionary<string, uint> _known = [];
    private readonly Queue<string> _order = new();
    private readonly Dictionary<string, List<HeldCall>> _unnamed = [];
    private int _bytes;

    /// <summary>The user of a name.</summary>
    /// <returns>False: not known.</returns>
    internal bool TryGet(string name, out uint userId) => _known.TryGetValue(name, out userId);

    /// <summary>Keeps a call until its sender's user is known.</summary>
    /// <param name="call">The call.</param>
    /// <param name="refused">Calls that go for it, or it itself.</param>
    /// <returns>True: the bus is to be asked who that is.</returns>
    internal bool Keep(HeldCall call, out IReadOnlyList<HeldCall> refused)
    {
        var isNew = !_unnamed.TryGetValue(call.Head.Sender, out var calls);
        if (!isNew && calls!.Count >= MostOfOne)
        {
            refused = [call];
            return false;
        }

        if (isNew)
            _unnamed.Add(call.Head.Sender, calls = []);
        calls!.Add(call);
        _bytes += call.Bytes.Length;
        var gone = new List<HeldCall>();
        while (_bytes > limits.UnnamedBytes && TryDropLongest(out var dropped))
            gone.Add(dropped);
        refused = gone;
        return isNew;
    }

    /// <summary>The bus has said who that is.</summary>
    /// <returns>The calls that waited for it, in their order.</returns>
    internal IReadOnlyList<HeldCall> Learn(string name, uint userId)
    {
        if (_known.TryAdd(name, userId))
            _order.Enqueue(name);
        if (_order.Count > limits.Names)
            _known.Remove(_order.Dequeue());
        return Leave(name);
    }

    /// <summary>The bus does not know the name any more: whoever had it has left.</summary>
    /// <returns>Its calls; nobody waits for their answers.</returns>
    internal IReadOnlyList<HeldCall> Leave(string name)
    {
        if (!_unnamed.Remove(name, out var calls))
            return [];
        _bytes -= calls.Sum(call => call.Bytes.Length);
        return calls;
    }

    /// <summary>Ends the waiting of those whose names the bus does not say.</summary>
    internal IReadOnlyList<HeldCall> Expire(long now)
    {
        var before = now - (long)limits.Patience.TotalMilliseconds;
        return [.. _unnamed.Where(pair => pair.Value.TrueForAll(call => call.Since < before)).Select(pair => pair.Key).ToList().SelectMany(Leave)];
    }

    // The longest, so that one who floods with long ones does not push out the short ones of others.
    private bool TryDropLongest([NotNullWhen(true)] out HeldCall? dropped)
    {
        dropped = _unnamed.Values.SelectMany(calls => calls).MaxBy(call => call.Bytes.Length);
        if (dropped is null)
            return false;
        _unnamed[dropped.Head.Sender].Remove(dropped);
        _bytes -= dropped.Bytes.Length;
        return true;
    }
}
