using System.Text.Json.Serialization;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>All that the worker tells the front: no command line, no environment and no password of a VM is among it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "tell")]
[JsonDerivedType(typeof(Greeting), "greeting")]
[JsonDerivedType(typeof(Done), "done")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Looked), "looked")]
[JsonDerivedType(typeof(Seen), "seen")]
[JsonDerivedType(typeof(Assessed), "assessed")]
[JsonDerivedType(typeof(News), "news")]
[JsonDerivedType(typeof(Alarmed), "alarmed")]
[JsonDerivedType(typeof(Recovered), "recovered")]
[JsonDerivedType(typeof(Numbers), "numbers")]
[JsonDerivedType(typeof(Verdict), "verdict")]
[JsonDerivedType(typeof(Answer), "answer")]
[JsonDerivedType(typeof(Policy), "policy")]
[JsonDerivedType(typeof(Sentence), "sentence")]
[JsonDerivedType(typeof(Changed), "changed")]
internal abstract record WorkerReply
{
    private WorkerReply()
    {
    }

    /// <summary>The answer to <see cref="WorkerRequest.Greet"/>.</summary>
    /// <param name="Build">The worker's build.</param>
    internal sealed record Greeting(string Build) : WorkerReply;

    /// <summary>The end of a call.</summary>
    internal sealed record Done : WorkerReply;

    /// <summary>The end of a call that could not be answered.</summary>
    /// <param name="Kind">What failed.</param>
    /// <param name="Code">The number that goes with it; 0 for none.</param>
    /// <param name="Message">Why, in a sentence.</param>
    internal sealed record Failed(FailureKind Kind, int Code, string Message) : WorkerReply;

    /// <summary>A scan goes on.</summary>
    /// <param name="Looks">How many domains were looked at since the start.</param>
    internal sealed record Looked(long Looks) : WorkerReply;

    /// <summary>One running domain, and the process that it is.</summary>
    internal sealed record Seen(DetectedDomain Domain, QemuInstance Instance) : WorkerReply;

    /// <summary>The result of a preflight.</summary>
    internal sealed record Assessed(Assessment Assessment) : WorkerReply;

    /// <summary>What a handover tells.</summary>
    internal sealed record News(HandoverNews Told) : WorkerReply;

    /// <summary>It cannot be brought to an end yet.</summary>
    internal sealed record Alarmed(string Text) : WorkerReply;

    /// <summary>What became of a handover; null when nothing tells of it.</summary>
    internal sealed record Recovered(HandoverReport? Report) : WorkerReply;

    /// <summary>Numbers of handovers.</summary>
    internal sealed record Numbers(IReadOnlyList<long> Ids) : WorkerReply;

    /// <summary>What a canary says.</summary>
    internal sealed record Verdict(CanaryVerdict Said) : WorkerReply;

    /// <summary>Yes or no.</summary>
    internal sealed record Answer(bool Yes) : WorkerReply;

    /// <summary>A domain's own policy.</summary>
    /// <param name="Element">Its element; null when it has none.</param>
    /// <param name="Problem">What is wrong with what is stored; empty when nothing is.</param>
    internal sealed record Policy(string? Element, string Problem) : WorkerReply;

    /// <summary>A sentence.</summary>
    internal sealed record Sentence(string Text) : WorkerReply;

    /// <summary>Domains have started or ended, or may have.</summary>
    internal sealed record Changed : WorkerReply;
}
