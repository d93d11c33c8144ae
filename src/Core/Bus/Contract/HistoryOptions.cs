using VirtHandover.Contract;

namespace VirtHandover.Bus.Contract;

/// <summary>The options of <c>History</c>.</summary>
internal static class HistoryOptions
{
    private const string Since = "since", Until = "until";

    internal static BusValue ToBus(HistoryQuery query)
    {
        var options = new Dictionary<string, BusValue>();
        if (query.Since is { } since)
            options[Since] = BusTime.ToBus(since);
        if (query.Until is { } until)
            options[Until] = BusTime.ToBus(until);
        return BusValue.Options(options);
    }

    /// <exception cref="BusException">An option is not known or of another type.</exception>
    internal static HistoryQuery FromBus(BusCall call, Guid? domain, int limit)
    {
        var options = CallOptions.Read(call, Since, Until);
        return new HistoryQuery(domain, limit)
        {
            Since = CallOptions.Get(options, Since, BusTime.FromBus, null),
            Until = CallOptions.Get(options, Until, BusTime.FromBus, null),
        };
    }
}
