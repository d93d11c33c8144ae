namespace VirtHandover.Contract;

/// <summary>Phases and outcomes as lower-case words, as D-Bus and the command line show them.</summary>
public static class PhaseWords
{
    /// <summary>A phase's word.</summary>
    /// <param name="phase">The phase.</param>
    /// <returns>For example <c>quiesce</c>.</returns>
    public static string Of(HandoverPhase phase) => phase switch
    {
        HandoverPhase.Begin => "begin",
        HandoverPhase.Prepare => "prepare",
        HandoverPhase.Quiesce => "quiesce",
        HandoverPhase.Perform => "perform",
        HandoverPhase.Finish => "finish",
        _ => "confirm",
    };

    /// <summary>An outcome's word.</summary>
    /// <param name="outcome">The outcome.</param>
    /// <returns>For example <c>undone</c>.</returns>
    public static string Of(HandoverOutcome outcome) => outcome switch
    {
        HandoverOutcome.Done => "done",
        HandoverOutcome.Rehearsed => "rehearsed",
        HandoverOutcome.Refused => "refused",
        HandoverOutcome.Cancelled => "cancelled",
        HandoverOutcome.Postponed => "postponed",
        HandoverOutcome.Undone => "undone",
        HandoverOutcome.Stranded => "stranded",
        HandoverOutcome.Gone => "gone",
        _ => "lost",
    };
}
