using System.Globalization;

namespace VirtHandover.Bench.Plan;

/// <summary>Everything that can be chosen about a run: <c>make bench NAME=VALUE</c>, which arrives as <c>BENCH_NAME</c>.</summary>
internal sealed record BenchPlan
{
    /// <summary>A part of the whole that ends within five minutes.</summary>
    public bool Quick { get; init; }

    /// <summary>What a reader should know of this run, such as that the machine was not quiet.</summary>
    public string Note { get; init; } = "";

    /// <summary>After so many minutes no further guest of the grid is begun; those left out are named.</summary>
    public int Minutes { get; init; } = int.MaxValue;

    /// <summary>The guests' RAM, MiB each.</summary>
    public required IReadOnlyList<int> Memory { get; init; }

    public required IReadOnlyList<int> Vcpus { get; init; }

    public required IReadOnlyList<LoadSpec> Loads { get; init; }

    /// <summary>Counted handovers of each cell.</summary>
    public required int Count { get; init; }

    /// <summary>Counted handovers of the four cells at the ends: least and most RAM, first and last load.</summary>
    public required int EndsCount { get; init; }

    /// <summary>The RAM with which the other ways are measured as well, MiB.</summary>
    public required IReadOnlyList<int> PeerMemory { get; init; }

    public required int PeerVcpus { get; init; }

    /// <summary>Runs of each other way with the smallest such guest; one less with the others, where each takes many seconds. The floor has as many as a cell.</summary>
    public required int PeerCount { get; init; }

    /// <summary>How much of its RAM such a guest fills with bytes that are not zero, percent.</summary>
    public required int PeerFill { get; init; }

    /// <summary>After so many seconds a copying migration that does not end is made to end by stopping the guest.</summary>
    public required int CopyLimit { get; init; }

    /// <summary>Numbers of VMs that are approved at once.</summary>
    public required IReadOnlyList<int> Many { get; init; }

    public required int ManyMemory { get; init; }

    public required int ScanDomains { get; init; }

    public required int ScanProcesses { get; init; }

    public required int ScanCount { get; init; }

    public required int IdleSeconds { get; init; }

    /// <summary>dnf transactions with, and as many without the hook.</summary>
    public required int HookCount { get; init; }

    public required int ScreenCount { get; init; }

    /// <summary>Handovers that are traced.</summary>
    public required int ProfileCount { get; init; }

    /// <summary>Datagrams a second that the guest is asked to send back.</summary>
    public required int EchoHertz { get; init; }

    /// <summary>Which parts run: grid, many, rest, profile.</summary>
    public required IReadOnlyList<string> Parts { get; init; }

    /// <summary>Reads the plan.</summary>
    /// <param name="variable">The environment.</param>
    /// <exception cref="FormatException">A value does not parse.</exception>
    public static BenchPlan FromEnvironment(Func<string, string?> variable)
    {
        var quick = variable("BENCH_QUICK") is { Length: > 0 } and not "0";
        string Text(string name, string full, string short_) => variable("BENCH_" + name) is { Length: > 0 } text ? text : quick ? short_ : full;
        IReadOnlyList<string> Words(string name, string full, string short_) =>
            Text(name, full, short_).Split((char[])[' ', ','], StringSplitOptions.RemoveEmptyEntries);
        IReadOnlyList<int> Numbers(string name, string full, string short_) => [.. Words(name, full, short_).Select(word => ParseNumber(name, word))];
        int Number(string name, int full, int short_) =>
            ParseNumber(name, Text(name, full.ToString(CultureInfo.InvariantCulture), short_.ToString(CultureInfo.InvariantCulture)));

        var plan = new BenchPlan
        {
            Quick = quick,
            Note = variable("BENCH_NOTE") ?? "",
            Minutes = Number("MINUTES", 40, 5),
            Memory = [.. Numbers("MEMORY", "1024 2048 4096 8192 16384", "1024 4096").Order()],
            Vcpus = Numbers("VCPUS", "1 2 4", "2"),
            Loads = [.. Words("LOADS", "idle 1:256:100 4:512:max", "idle 4:512:max").Select(LoadSpec.Parse)],
            Count = Number("COUNT", 10, 6),
            EndsCount = Number("ENDS_COUNT", 20, 6),
            PeerMemory = Numbers("PEER_MEMORY", "1024 8192", "1024"),
            PeerVcpus = Number("PEER_VCPUS", 2, 2),
            PeerCount = Number("PEER_COUNT", 3, 1),
            PeerFill = Number("PEER_FILL", 50, 50),
            CopyLimit = Number("COPY_LIMIT", 60, 20),
            Many = [.. Numbers("MANY", "1 5 10 20", "1 5").Order()],
            ManyMemory = Number("MANY_MEMORY", 128, 128),
            ScanDomains = Number("SCAN_DOMAINS", 200, 200),
            ScanProcesses = Number("SCAN_PROCESSES", 200, 50),
            ScanCount = Number("SCAN_COUNT", 20, 10),
            IdleSeconds = Number("IDLE_SECONDS", 60, 10),
            HookCount = Number("HOOK_COUNT", 10, 3),
            ScreenCount = Number("SCREEN_COUNT", 10, 3),
            ProfileCount = Number("PROFILE_COUNT", 10, 5),
            EchoHertz = Number("ECHO_HZ", 200, 200),
            Parts = Words("PARTS", "grid rest profile many", "grid rest profile many"),
        };
        return plan.Validated();
    }

    /// <summary>How many handovers a cell counts.</summary>
    public int CountOf(int memory, int vcpus, LoadSpec load) =>
        vcpus == PeerVcpus && (memory == Memory[0] || memory == Memory[^1]) && (load == Loads[0] || load == Loads[^1]) ? EndsCount : Count;

    /// <summary>
    /// The guests of the grid, what charts and goals are made of first: if the time does not suffice for all, it is the others that are left out.
    /// </summary>
    public IEnumerable<(int Memory, int Vcpus)> Guests() =>
        Vcpus.OrderBy(vcpus => vcpus != PeerVcpus).SelectMany(vcpus => Memory.Select(memory => (memory, vcpus)));

    /// <summary>How often a guest is moved in each other way.</summary>
    public int PeerCountOf(int memory) => memory == PeerMemory.Min() ? PeerCount : Math.Max(1, PeerCount - 1);

    private BenchPlan Validated()
    {
        if (Memory.Count == 0 || Vcpus.Count == 0 || Loads.Count == 0)
            throw new FormatException("BENCH_MEMORY, BENCH_VCPUS and BENCH_LOADS must not be empty.");
        if (PeerFill > 75)
            throw new FormatException("BENCH_PEER_FILL is at most 75 percent; the guest's kernel needs the rest.");
        var area = Loads.Max(load => load.Mebibytes);
        if (area + 256 > Memory[0])
            throw new FormatException($"A load of {area} MiB does not fit into a guest of {Memory[0]} MiB.");
        if (Parts.FirstOrDefault(part => part is not ("grid" or "many" or "rest" or "profile")) is { } unknown)
            throw new FormatException($"BENCH_PARTS: there is no part '{unknown}', only grid, many, rest, profile.");
        return this;
    }

    /// <summary>Reads what a variable says.</summary>
    /// <exception cref="FormatException">It is not a positive number.</exception>
    internal static int ParseNumber(string name, string text) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0
            ? number
            : throw new FormatException($"BENCH_{name}: '{text}' is not a positive number.");
}
