namespace VirtHandover.Bus.Contract;

/// <summary>Moments on the bus: type <c>t</c>, µs of CLOCK_REALTIME since 1970, 0 for "never".</summary>
internal static class BusTime
{
    private static readonly ulong s_latest = (ulong)((DateTimeOffset.MaxValue - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond);

    internal static BusValue ToBus(DateTimeOffset? moment) =>
        moment is { } time && time > DateTimeOffset.UnixEpoch
            ? (ulong)((time - DateTimeOffset.UnixEpoch).Ticks / TimeSpan.TicksPerMicrosecond)
            : 0UL;

    /// <summary>The moment, or null for 0; what lies beyond .NET's calendar becomes its last day.</summary>
    /// <exception cref="BusException">The value is no <c>t</c>.</exception>
    internal static DateTimeOffset? FromBus(BusValue value)
    {
        var microseconds = value.AsUInt64();
        return microseconds == 0
            ? null
            : DateTimeOffset.UnixEpoch.AddTicks((long)Math.Min(microseconds, s_latest) * TimeSpan.TicksPerMicrosecond);
    }

    /// <summary>A duration in µs; a negative one, which no clock should give, becomes 0.</summary>
    internal static BusValue Duration(long microseconds) => (ulong)Math.Max(0, microseconds);
}
