using VirtHandover.Policy;

namespace VirtHandover.Bus.Contract;

/// <summary>The options of <c>SetPolicy</c>.</summary>
internal static class PolicyOptions
{
    private static readonly (PolicyParts Part, string Name)[] s_names =
        [(PolicyParts.Mode, "mode"), (PolicyParts.Window, "window"), (PolicyParts.MaxPause, "max_pause"), (PolicyParts.Priority, "priority")];

    /// <summary>The names under which <c>SetPolicy</c> takes these parts.</summary>
    internal static IReadOnlyList<string> NamesOf(PolicyParts parts) => [.. s_names.Where(row => parts.HasFlag(row.Part)).Select(row => row.Name)];

    /// <summary>The pause budget, in microseconds: of <c>SetPolicy</c>, and for one handover of <c>Approve</c> and <c>Run</c>.</summary>
    internal const string MaxPause = "max_pause";

    private const string Mode = "mode", Window = "window", Priority = "priority";

    internal static BusValue ToBus(PolicyChange change)
    {
        var options = new Dictionary<string, BusValue>();
        if (change.Mode is { } mode)
            options[Mode] = mode;
        if (change.Window is { } window)
            options[Window] = window;
        if (change.MaxPauseMicroseconds is { } pause)
            options[MaxPause] = BusTime.Duration(pause);
        if (change.Priority is { } priority)
            options[Priority] = priority;
        return BusValue.Options(options);
    }

    /// <summary>The options of <c>Approve</c> and <c>Run</c> that allow one handover a pause of its own.</summary>
    internal static void Allow(Dictionary<string, BusValue> options, TimeSpan? maxPause)
    {
        if (maxPause is { } pause)
            options[MaxPause] = BusTime.Duration((long)pause.TotalMicroseconds);
    }

    /// <summary>The pause that <see cref="Allow"/> allowed; null: as the policy says.</summary>
    /// <exception cref="BusException">It is of another type, or none that can be.</exception>
    internal static TimeSpan? Allowed(IReadOnlyDictionary<string, BusValue> options)
    {
        try
        {
            return CallOptions.Get<long?>(options, MaxPause, value => value.AsClampedInt64(), null) is { } pause ? PolicyWords.MaxPause(pause) : null;
        }
        catch (PolicyException e)
        {
            throw new BusException(BusErrorNames.InvalidArgs, e.Message);
        }
    }

    /// <exception cref="BusException">An option is not known or of another type.</exception>
    internal static PolicyChange FromBus(BusCall call)
    {
        var options = CallOptions.Read(call, Mode, Window, MaxPause, Priority);
        return new PolicyChange
        {
            Mode = CallOptions.Get<string?>(options, Mode, BusValueReading.AsText, null),
            Window = CallOptions.Get<string?>(options, Window, BusValueReading.AsText, null),
            MaxPauseMicroseconds = CallOptions.Get<long?>(options, MaxPause, value => value.AsClampedInt64(), null),
            Priority = CallOptions.Get<int?>(options, Priority, value => value.AsInt32(), null),
        };
    }
}
