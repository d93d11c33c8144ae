using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>Reports of handovers that no runner could report on.</summary>
internal static class Reports
{
    /// <summary>The service ended before its turn came.</summary>
    public static HandoverReport NeverStarted(HandoverRecord record) => Of(
        record, HandoverOutcome.Cancelled,
        $"The handover of {ForeignText.Escape(record.Name)} was not started because virt-handoverd was stopped first; the VM was not touched; ask for it again.");

    /// <summary>The service ended in the moment it was started.</summary>
    public static HandoverReport NotBegun(HandoverRecord record) => Of(
        record, HandoverOutcome.Cancelled,
        $"The handover of {ForeignText.Escape(record.Name)} was not begun because virt-handoverd ended first; the VM was not touched. What was approved stays approved; what was asked for by name has to be asked for again.");

    /// <summary>The canary that went before it died.</summary>
    public static HandoverReport CanaryDied(HandoverRecord record, string sentence) => Of(
        record, HandoverOutcome.Cancelled,
        $"The handover of {ForeignText.Escape(record.Name)} was not begun; it runs on the old QEMU, untouched. {sentence}");

    /// <summary>The canary that was to go before it could not be tried.</summary>
    public static HandoverReport CanaryPostponed(HandoverRecord record, string sentence) => Of(
        record, HandoverOutcome.Postponed,
        $"The handover of {ForeignText.Escape(record.Name)} was put off, because the canary that goes first could not be tried now; it runs on the old QEMU, untouched. What was approved stays approved. {sentence}");

    /// <summary>The worker ended in the moment it was started.</summary>
    public static HandoverReport PutOff(HandoverRecord record, string sentence) => Of(
        record, HandoverOutcome.Postponed,
        $"The handover of {ForeignText.Escape(record.Name)} was not begun; it runs on the old QEMU, untouched. What was approved stays approved. {sentence}");

    /// <summary>Its asker took it back before its turn came.</summary>
    public static HandoverReport TakenBack(HandoverRecord record, string by) => Of(
        record, HandoverOutcome.Cancelled,
        $"The handover of {ForeignText.Escape(record.Name)} was cancelled by {by} before it started; the VM was not touched.");

    /// <summary>The domain ended before its turn came.</summary>
    public static HandoverReport Gone(HandoverRecord record) => Of(
        record, HandoverOutcome.Cancelled,
        $"The handover of {ForeignText.Escape(record.Name)} was not started because the VM does not run any more.");

    /// <summary>The executor is gone without a result.</summary>
    public static HandoverReport Lost(HandoverRecord record, string why) => Of(
        record, HandoverOutcome.Lost,
        $"Nobody knows how the handover of {ForeignText.Escape(record.Name)} ended ({why}); check with \"virsh list\" that it runs and with \"virt-handover show\" on which QEMU, then retry it.");

    private static HandoverReport Of(HandoverRecord record, HandoverOutcome outcome, string sentence) => new()
    {
        Id = record.Id,
        Domain = record.Domain,
        Name = record.Name,
        Outcome = outcome,
        Sentence = sentence,
        StartedAt = record.CreatedAt,
    };
}
