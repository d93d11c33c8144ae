namespace VirtHandover.Bench.Statistics;

/// <summary>One thing that must be reached: a ratio of two figures of one run.</summary>
/// <param name="Sentence">What is compared.</param>
/// <param name="Ratio">The ratio that was measured; null when one of the two was not.</param>
/// <param name="Limit">The largest ratio that is good enough.</param>
/// <param name="Missing">Why there is no ratio.</param>
internal sealed record Goal(string Sentence, double? Ratio, double Limit, string Missing = "")
{
    /// <summary>Compares two figures.</summary>
    /// <param name="sentence">What is compared.</param>
    /// <param name="figure">The figure that should be small; null when it was not measured.</param>
    /// <param name="reference">What it is divided by; null when it was not measured.</param>
    /// <param name="limit">The largest ratio that is good enough.</param>
    public static Goal Of(string sentence, double? figure, double? reference, double limit) => (figure, reference) switch
    {
        (null, _) or (_, null) => new Goal(sentence, null, limit, "not measured in this run"),
        (_, <= 0) => new Goal(sentence, null, limit, "the reference is zero"),
        _ => new Goal(sentence, figure / reference, limit),
    };

    /// <summary>True, false, or null when there is nothing to judge.</summary>
    public bool? IsReached => Ratio is { } ratio ? ratio <= Limit : null;
}
