using System.Text.Json.Serialization;

namespace VirtHandover.Bench.Results;

/// <summary>What <c>bench compare</c> measured: two products in turns, on guests of one kind, in one run.</summary>
internal sealed record CompareResults
{
    public int Schema { get; init; } = 1;

    public required DateTimeOffset StartedAt { get; init; }

    public required Machine Machine { get; init; }

    public required int MemoryMib { get; init; }

    public required int Vcpus { get; init; }

    /// <summary>How long the run took, s.</summary>
    public double Seconds { get; set; }

    /// <summary>What a reader should know of this run.</summary>
    public string Note { get; init; } = "";

    public required ComparedProduct Before { get; init; }

    public required ComparedProduct After { get; init; }

    [JsonIgnore]
    public IReadOnlyList<ComparedProduct> Both => [Before, After];
}

/// <summary>One of the two.</summary>
/// <param name="Revision">The commit that it was built from.</param>
internal sealed record ComparedProduct(string Revision)
{
    /// <summary>The first handover after the service's start, one a turn.</summary>
    public List<HandoverResult> First { get; init; } = [];

    /// <summary>The later ones of each turn.</summary>
    public List<HandoverResult> Later { get; init; } = [];
}
