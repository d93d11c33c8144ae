using System.Globalization;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>
/// When a queue stops by itself: what failed for one VM may be the new QEMU's fault, and walking through all VMs with the same
/// fault would make one failure many.
/// </summary>
internal static class StopRule
{
    /// <summary>What a result makes of the queue.</summary>
    /// <param name="control">The queue as it was.</param>
    /// <param name="report">The result of a real handover, not of a rehearsal.</param>
    /// <param name="limit">Failed handovers in a row that stop it; 0 for no limit.</param>
    /// <param name="now">The host's clock.</param>
    /// <returns>The queue as it is from now on.</returns>
    public static QueueControl After(QueueControl control, HandoverReport report, int limit, DateTimeOffset now)
    {
        if (report.Outcome == HandoverOutcome.Done)
        {
            return control with { Failures = 0 };
        }

        if (!IsFailure(report.Outcome))
        {
            return control;
        }

        var failures = control.Failures + 1;
        return limit > 0 && failures >= limit && control.Pause is null
            ? control with { Pause = new QueuePause($"StopAfterFailures={limit}", now, Sentence(report, failures)), Failures = failures }
            : control with { Failures = failures };
    }

    /// <summary>What a canary's death makes of the queue.</summary>
    /// <param name="control">The queue as it was.</param>
    /// <param name="sentence">What became of the canary.</param>
    /// <param name="now">The host's clock.</param>
    /// <returns>The queue as it is from now on.</returns>
    public static QueueControl AfterCanary(QueueControl control, string sentence, DateTimeOffset now) => control.Pause is not null
        ? control
        : control with
        {
            Pause = new QueuePause(
                "Canary=yes",
                now,
                $"{sentence} The queue was paused. Look at the reason, for example with the new QEMU's package, then send another canary: virt-handover queue resume"),
        };

    /// <summary>What is told of a queue that has been paused.</summary>
    /// <param name="before">The queue as it was.</param>
    /// <param name="after">The queue as it is from now on.</param>
    /// <param name="isByItself">Whether no person has paused it.</param>
    public static IEnumerable<QueueNews> News(QueueControl before, QueueControl after, bool isByItself = true) =>
        after.Pause is { } pause && pause != before.Pause ? [new QueueNews.Paused(pause.Sentence, isByItself)] : [];

    /// <summary>A refusal says something about one VM and a cancelled one was wanted; neither says that the next one would fail.</summary>
    private static bool IsFailure(HandoverOutcome outcome) =>
        outcome is HandoverOutcome.Undone or HandoverOutcome.Stranded or HandoverOutcome.Lost;

    private static string Sentence(HandoverReport report, int failures)
    {
        var what = failures == 1
            ? $"the handover of {ForeignText.Escape(report.Name)} failed"
            : string.Create(CultureInfo.InvariantCulture, $"{failures} handovers in a row failed, the last one of {ForeignText.Escape(report.Name)}");
        return $"The queue was paused because {what}: {report.Sentence.TrimEnd()} "
            + "Look at the reason, then let the others go on: virt-handover queue resume";
    }
}
