using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>
/// Why nothing that is approved starts for a while. What was put off is tried again at once; if it is put off again, for the same reason perhaps, after
/// 10, 20, 40 s … 10 min: each try starts a QEMU for nothing, and may stop libvirt for a moment. An approval ends the waiting.
/// </summary>
/// <param name="Times">How many tries in a row were put off.</param>
/// <param name="Until">When the next one is.</param>
/// <param name="Sentence">What was said of the last.</param>
/// <param name="IsOfThisTry">Whether the handovers that were started last have said it: those that are put off together were put off once.</param>
internal sealed record PutOff(int Times, DateTimeOffset Until, string Sentence, bool IsOfThisTry)
{
    private static readonly Backoff Pauses = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    /// <summary>What a handover's end makes of the waiting.</summary>
    /// <param name="before">The waiting before; null for none.</param>
    /// <param name="report">The end.</param>
    /// <param name="now">The host's clock.</param>
    /// <returns>The waiting from now on; null for none.</returns>
    public static PutOff? After(PutOff? before, HandoverReport report, DateTimeOffset now)
    {
        if (report.Outcome is HandoverOutcome.Done)
            return null;
        if (report.Outcome is not HandoverOutcome.Postponed || before is { IsOfThisTry: true })
            return before;
        var times = (before?.Times ?? 0) + 1;
        return new PutOff(times, now + (times == 1 ? TimeSpan.Zero : Pauses.After(times - 2)), report.Sentence, IsOfThisTry: true);
    }

    /// <summary>When the next try is; null when it may be now.</summary>
    public DateTimeOffset? NotBefore(DateTimeOffset now) => Until > now ? Until : null;

    /// <summary>What is told of it as long as it lasts.</summary>
    public string Reason(WindowTimes clock) =>
        $"The next try is at {clock.OnTheWall(Until, "HH:mm:ss zzz")}; of the last one was said: {ForeignText.Escape(Sentence.TrimEnd())}";
}
