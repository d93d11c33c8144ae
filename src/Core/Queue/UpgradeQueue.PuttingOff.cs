using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

public sealed partial class UpgradeQueue
{
    private static readonly Backoff PuttingOff = new(TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(10));

    private PutOff? _putOff;

    /// <summary>
    /// What was put off is tried again at once; if it is put off again, for the same reason perhaps, after 10, 20, 40 s … 10 min: each try starts a QEMU
    /// for nothing, and may stop libvirt for a moment. An approval ends the waiting.
    /// </summary>
    private void RememberPutOff_NeedsLock(HandoverReport report, DateTimeOffset now)
    {
        if (report.Outcome is HandoverOutcome.Done)
        {
            _putOff = null;
        }
        else if (report.Outcome is HandoverOutcome.Postponed && _putOff is not { IsOfThisTry: true })
        {
            var times = (_putOff?.Times ?? 0) + 1;
            var pause = times == 1 ? TimeSpan.Zero : PuttingOff.After(times - 2);
            _putOff = new PutOff(times, now + pause, report.Sentence, IsOfThisTry: true);
        }
    }

    /// <summary>Those that are put off together were put off once.</summary>
    private void BeginTry_NeedsLock() => _putOff = _putOff is { } before ? before with { IsOfThisTry = false } : null;

    private DateTimeOffset? PutOffUntil_NeedsLock(DateTimeOffset now) => _putOff is { Until: var until } && until > now ? until : null;

    private string? PutOffReason_NeedsLock(DateTimeOffset now) => PutOffUntil_NeedsLock(now) is { } until
        ? string.Create(
            CultureInfo.InvariantCulture,
            $"The next try is at {TimeZoneInfo.ConvertTime(until, _time.LocalTimeZone):HH:mm:ss zzz}; of the last one was said: {ForeignText.Escape(_putOff!.Sentence.TrimEnd())}")
        : null;

    /// <summary>Why nothing that is approved starts for a while.</summary>
    /// <param name="Times">How many tries in a row were put off.</param>
    /// <param name="Until">When the next one is.</param>
    /// <param name="Sentence">What was said of the last.</param>
    /// <param name="IsOfThisTry">Whether the handovers that were started last have said it.</param>
    private sealed record PutOff(int Times, DateTimeOffset Until, string Sentence, bool IsOfThisTry);
}
