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

    /// <summary>A report in one sentence.</summary>
    public static HandoverReport Of(HandoverRecord record, HandoverOutcome outcome, string sentence) => new()
    {
        Id = record.Id,
        Domain = record.Domain,
        Name = record.Name,
        Outcome = outcome,
        Sentence = sentence,
        StartedAt = record.CreatedAt,
    };
}
