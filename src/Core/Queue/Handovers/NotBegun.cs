using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Why a handover that is recorded as started has not begun; what that makes of the queue is <see cref="EndRule.NotBegun"/>.</summary>
internal abstract record NotBegun
{
    private NotBegun()
    {
    }

    /// <summary>What the history says of it.</summary>
    /// <param name="record">The handover.</param>
    public HandoverReport Report(HandoverRecord record)
    {
        var vm = ForeignText.Escape(record.Name);
        return this switch
        {
            CanaryDied died => Reports.Of(
                record, HandoverOutcome.Cancelled,
                $"The handover of {vm} was not begun; it runs on the old QEMU, untouched. {died.Sentence}"),
            CanaryPostponed postponed => Reports.Of(
                record, HandoverOutcome.Postponed,
                $"The handover of {vm} was put off, because the canary that goes first could not be tried now; it runs on the old QEMU, untouched. What was approved stays approved. {postponed.Sentence}"),
            WorkerGone gone => Reports.Of(
                record, HandoverOutcome.Postponed,
                $"The handover of {vm} was not begun; it runs on the old QEMU, untouched. What was approved stays approved. {gone.Sentence}"),
            _ => Reports.Of(
                record, HandoverOutcome.Cancelled,
                $"The handover of {vm} was not begun because virt-handoverd ended first; the VM was not touched. What was approved stays approved; what was asked for by name has to be asked for again."),
        };
    }

    /// <summary>The service ended in the moment it was started.</summary>
    public sealed record ServiceEnded : NotBegun;

    /// <summary>The canary died that went before it.</summary>
    /// <param name="Sentence">What became of the canary.</param>
    public sealed record CanaryDied(string Sentence) : NotBegun;

    /// <summary>The canary that was to go before it could not be tried now.</summary>
    /// <param name="Sentence">What happened.</param>
    public sealed record CanaryPostponed(string Sentence) : NotBegun;

    /// <summary>The worker ended in the moment it was started.</summary>
    /// <param name="Sentence">What happened.</param>
    public sealed record WorkerGone(string Sentence) : NotBegun;
}
