using VirtHandover.Bench.Plan;

namespace VirtHandover.Bench.Results;

/// <summary>Everything that one run measured; the file that the report is made of.</summary>
internal sealed record BenchResults
{
    public int Schema { get; init; } = 1;

    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>How long the run took, s.</summary>
    public double Seconds { get; set; }

    public required Machine Machine { get; init; }

    public required BenchPlan Plan { get; init; }

    public List<CellResult> Cells { get; init; } = [];

    public List<PeerResult> Peers { get; init; } = [];

    public List<ManyResult> Many { get; init; } = [];

    public List<ScanResult> Scans { get; init; } = [];

    public IdleResult? Idle { get; set; }

    public HookResult? Hook { get; set; }

    /// <summary>From starting the program to the first VM on the screen.</summary>
    public List<double> FirstRowMs { get; init; } = [];

    public List<TraceResult> Traces { get; init; } = [];

    /// <summary>What was left out on purpose, and why.</summary>
    public List<string> Skipped { get; init; } = [];

    /// <summary>What went wrong. A run with any of these ends with an exit code other than 0.</summary>
    public List<string> Failures { get; init; } = [];
}

/// <summary>Where it was measured.</summary>
internal sealed record Machine(
    string Cpu, int Cores, long MemoryMib, string Kernel, string Acceleration, string Libvirt, string OldQemu, string Qemu, string Product);

/// <summary>One cell of the grid.</summary>
/// <param name="WritingMBps">What the writers really achieved.</param>
/// <param name="Quiet">The silences of as long a time in which nothing was done: what the machine itself contributes.</param>
/// <param name="PeakExtraMib">The most memory that a handover needed above what was in use.</param>
internal sealed record CellResult(
    int MemoryMib, int Vcpus, string Load, double WritingMBps, Lab.Silence Quiet, double PeakExtraMib, List<HandoverResult> Handovers);

/// <summary>Another way to bring a guest onto another QEMU process.</summary>
/// <param name="Way">copy, managedsave, restart, floor or floor-live.</param>
internal sealed record PeerResult(string Way, int MemoryMib, int Vcpus, string Load, List<PeerMove> Moves);

/// <summary>One such move.</summary>
/// <param name="PauseMs">STOP to RESUME where QEMU says so; null where only the outside can tell.</param>
/// <param name="TotalMs">From the first step (starting the target, calling virsh) until the guest runs again.</param>
internal sealed record PeerMove(double? PauseMs, double TotalMs, long Bytes, Lab.Silence? Silence, string Note = "");

/// <summary>So many VMs approved at once.</summary>
/// <param name="OutageMs">How long libvirt was away in all, spans that overlap counted once.</param>
/// <param name="TotalMs">From the approval to the last confirmation.</param>
/// <param name="ServiceCpuMs">CPU time of the service and the processes it started.</param>
internal sealed record ManyResult(int Domains, double TotalMs, double OutageMs, double ServiceCpuMs, List<HandoverResult> Handovers);

/// <summary>Scans for outdated domains.</summary>
internal sealed record ScanResult(string What, int Domains, double FirstMs, List<double> LaterMs);

/// <summary>The service with nothing to do.</summary>
internal sealed record IdleResult(double Seconds, int Domains, double CpuMs, double PssMib, double PrivateMib);

/// <summary>What the hook adds.</summary>
internal sealed record HookResult(List<double> WithMs, List<double> WithoutMs, List<double> HookMs);

/// <summary>One handover's commands in the order in which they were sent.</summary>
/// <param name="PauseMs">What the handover reported.</param>
internal sealed record TraceResult(double PauseMs, List<TraceStep> Steps);

/// <summary>One thing that the process which does a handover did, or waited for.</summary>
/// <param name="AtMs">When, counted from the first step.</param>
/// <param name="DurationMs">How long until its answer.</param>
/// <param name="InPause">Whether the guest stood still.</param>
internal sealed record TraceStep(string What, double AtMs, double DurationMs, bool InPause);
