using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Queue;

namespace VirtHandover.Tests.Unit.Queue;

public class StopRuleTests
{
    private static readonly DateTimeOffset s_now = DateTimeOffset.UnixEpoch.AddDays(20_000);

    [Theory]
    [InlineData(HandoverOutcome.Undone, true)]
    [InlineData(HandoverOutcome.Stranded, true)]
    [InlineData(HandoverOutcome.Lost, true)]
    [InlineData(HandoverOutcome.Refused, false)]
    [InlineData(HandoverOutcome.Cancelled, false)]
    [InlineData(HandoverOutcome.Gone, false)]
    [InlineData(HandoverOutcome.Done, false)]
    public void One_failure_is_enough_by_default(HandoverOutcome outcome, bool stops) =>
        Assert.Equal(stops, StopRule.After(new QueueControl(), Sample.Report(1, 0, outcome), new QueueOptions().StopAfterFailures, s_now).Pause is not null);

    [Fact]
    public void The_sentence_says_which_VM_why_and_what_to_do()
    {
        var report = Sample.Report(1, 0, HandoverOutcome.Undone) with { Name = "web\e[31m", Sentence = "The new QEMU ended at once." };
        var pause = StopRule.After(new QueueControl(), report, 1, s_now).Pause!;
        Assert.Equal(
            "The queue was paused because the handover of web\\u001B[31m failed: The new QEMU ended at once. "
                + "Look at the reason, then let the others go on: virt-handover queue resume",
            pause.Sentence);
        Assert.Equal("StopAfterFailures=1", pause.By);
    }

    [Fact]
    public void It_stops_after_exactly_so_many_failures_in_a_row_and_never_with_0() =>
        Gen.Select(Gen.Enum<HandoverOutcome>().Array[0, 30], Gen.Int[0, 4]).Sample((outcomes, limit) =>
        {
            var control = new QueueControl();
            var row = 0;
            var stopped = false;
            foreach (var outcome in outcomes)
            {
                control = StopRule.After(control, Sample.Report(1, 0, outcome), limit, s_now);
                row = outcome switch
                {
                    HandoverOutcome.Done => 0,
                    HandoverOutcome.Undone or HandoverOutcome.Stranded or HandoverOutcome.Lost => row + 1,
                    _ => row,
                };
                stopped |= limit > 0 && row >= limit;
                Assert.Equal(row, control.Failures);
                Assert.Equal(stopped, control.Pause is not null);
            }
        });
}
