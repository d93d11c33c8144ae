using System.Text.Json.Serialization;

namespace VirtHandover.Canary;

/// <summary>What a canary says about the handovers that are to follow.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "verdict")]
[JsonDerivedType(typeof(Passed), "passed")]
[JsonDerivedType(typeof(NotSent), "not-sent")]
[JsonDerivedType(typeof(Postponed), "postponed")]
[JsonDerivedType(typeof(Died), "died")]
public abstract record CanaryVerdict
{
    private CanaryVerdict()
    {
    }

    /// <summary>One came through, now or before.</summary>
    /// <param name="Sentence">What happened, for the log; empty when it was known before.</param>
    public sealed record Passed(string Sentence) : CanaryVerdict;

    /// <summary>None could be sent: that says nothing about the VMs, whose own preflight and twin check are still to come.</summary>
    /// <param name="Sentence">Why.</param>
    public sealed record NotSent(string Sentence) : CanaryVerdict;

    /// <summary>libvirt went away before anything could be learned: the real VMs wait for another try, and nothing is held against anybody.</summary>
    /// <param name="Sentence">What happened.</param>
    public sealed record Postponed(string Sentence) : CanaryVerdict;

    /// <summary>It did not come through: no real VM may follow.</summary>
    /// <param name="Sentence">What became of it, and what to do.</param>
    public sealed record Died(string Sentence) : CanaryVerdict;
}
