using System.Text.Json.Serialization;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>All that the front can ask the worker for. No path, no program and no option is among it.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "ask")]
[JsonDerivedType(typeof(Greet), "greet")]
[JsonDerivedType(typeof(Stop), "stop")]
[JsonDerivedType(typeof(Scan), "scan")]
[JsonDerivedType(typeof(Assess), "assess")]
[JsonDerivedType(typeof(Run), "run")]
[JsonDerivedType(typeof(Cancel), "cancel")]
[JsonDerivedType(typeof(Unfinished), "unfinished")]
[JsonDerivedType(typeof(Recover), "recover")]
[JsonDerivedType(typeof(SendCanary), "send-canary")]
[JsonDerivedType(typeof(ClearCanary), "clear-canary")]
[JsonDerivedType(typeof(IsInstalling), "is-installing")]
[JsonDerivedType(typeof(ReadPolicy), "read-policy")]
[JsonDerivedType(typeof(WritePolicy), "write-policy")]
[JsonDerivedType(typeof(Prepare), "prepare")]
[JsonDerivedType(typeof(AskHold), "ask-hold")]
[JsonDerivedType(typeof(Tell), "tell")]
[JsonDerivedType(typeof(Watch), "watch")]
internal abstract record WorkerRequest
{
    private WorkerRequest()
    {
    }

    /// <summary>The first on a connection: both are of one build, or nothing else is said.</summary>
    /// <param name="Build">The front's build.</param>
    internal sealed record Greet(string Build) : WorkerRequest;

    /// <summary>Nobody waits for a call any more.</summary>
    /// <param name="Call">The call's number.</param>
    internal sealed record Stop(long Call) : WorkerRequest;

    /// <summary>Looks at all running domains: <see cref="WorkerReply.Seen"/> for each.</summary>
    internal sealed record Scan : WorkerRequest;

    /// <summary>The preflight of one domain: <see cref="WorkerReply.Assessed"/>.</summary>
    internal sealed record Assess(Guid Domain) : WorkerRequest;

    /// <summary>Handovers in one outage: <see cref="WorkerReply.News"/>.</summary>
    internal sealed record Run(IReadOnlyList<RunOrder> Orders) : WorkerRequest;

    /// <summary>Takes one handover back, as long as its guest is not paused.</summary>
    internal sealed record Cancel(long Id) : WorkerRequest;

    /// <summary>Handovers that have begun and not ended: <see cref="WorkerReply.Numbers"/>.</summary>
    internal sealed record Unfinished : WorkerRequest;

    /// <summary>What became of a handover: <see cref="WorkerReply.Alarmed"/>, and <see cref="WorkerReply.Recovered"/> at its end.</summary>
    internal sealed record Recover(long Id, Guid Domain) : WorkerRequest;

    /// <summary>A canary before a handover: <see cref="WorkerReply.Alarmed"/>, and <see cref="WorkerReply.Verdict"/> at its end.</summary>
    internal sealed record SendCanary(RunOrder Order) : WorkerRequest;

    /// <summary>Ends a canary that was left running.</summary>
    internal sealed record ClearCanary : WorkerRequest;

    /// <summary>Whether a package is being installed: <see cref="WorkerReply.Answer"/>.</summary>
    internal sealed record IsInstalling : WorkerRequest;

    /// <summary>A domain's own policy: <see cref="WorkerReply.Policy"/>.</summary>
    internal sealed record ReadPolicy(Guid Domain) : WorkerRequest;

    /// <summary>Stores a domain's own policy. The worker reads it as strictly as it reads libvirt's, and writes what it has read.</summary>
    /// <param name="Domain">The domain's UUID.</param>
    /// <param name="Element">The policy's element; null removes it.</param>
    internal sealed record WritePolicy(Guid Domain, string? Element) : WorkerRequest;

    /// <summary>Gives a domain shared memory from its next start on: <see cref="WorkerReply.Sentence"/>.</summary>
    internal sealed record Prepare(Guid Domain, string Name) : WorkerRequest;

    /// <summary>Whether the fleet is held, by the worker's own configuration: <see cref="WorkerReply.Sentence"/>.</summary>
    internal sealed record AskHold : WorkerRequest;

    /// <summary>Has the programs in the worker's own <c>notify.d</c> told.</summary>
    internal sealed record Tell(Notice Notice) : WorkerRequest;

    /// <summary>Domains that start and end: <see cref="WorkerReply.Changed"/> until nobody listens any more.</summary>
    internal sealed record Watch : WorkerRequest;
}
