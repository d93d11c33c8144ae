using VirtHandover.Handover;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>How the queue behaves; the values of the configuration file, already validated.</summary>
public sealed record QueueOptions
{
    /// <summary>Who approves.</summary>
    public PolicyMode Mode { get; init; } = PolicyMode.Ask;

    /// <summary>Whether a domain's own policy may be less strict than this configuration, whoever wrote it into the domain's metadata.</summary>
    public bool DomainsOverride { get; init; }

    /// <summary>When handovers may start.</summary>
    public MaintenanceWindows Window { get; init; } = MaintenanceWindows.Always;

    /// <summary>How often all domains are looked at even when nothing hints at a change.</summary>
    public TimeSpan RescanInterval { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long to let further hints arrive before a hint leads to a scan.</summary>
    public TimeSpan SettleTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How long a package transaction that is under way holds handovers back.</summary>
    public TimeSpan TransactionLimit { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Failed handovers in a row after which the queue pauses; 0 for never.</summary>
    public int StopAfterFailures { get; init; } = 1;

    /// <summary>How many domains are moved in one outage of libvirt at the most.</summary>
    public int Together { get; init; } = 16;

    /// <summary>While this file exists no handover starts; empty for none.</summary>
    public string HoldFile { get; init; } = "";

    /// <summary>While this shell command fails no handover starts; empty for none.</summary>
    public string HoldCommand { get; init; } = "";

    /// <summary>How long <see cref="HoldCommand"/> may take; later it counts as failed.</summary>
    public TimeSpan HoldTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>How often file and command are asked, beside right before each handover.</summary>
    public TimeSpan HoldInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long results of handovers are kept, in days; 0 for ever.</summary>
    public int HistoryKeep { get; init; } = 365;

    /// <summary>How long a copy of guest memory may take before it is cancelled.</summary>
    public TimeSpan CopyLimit { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a guest may stay paused before the handover is undone.</summary>
    public TimeSpan MaxPause { get; init; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long libvirt may be away because of a VM that does not come to an end.</summary>
    public TimeSpan MaxOutage { get; init; } = OutageLimit.Default;

    /// <summary>Whether a throw-away VM goes through a handover before the first real one with a new QEMU or libvirt.</summary>
    public bool Canary { get; init; } = true;

    /// <summary>Whether a handover that nobody was asked for may end connections of the guest.</summary>
    public bool EndConnections { get; init; }

    /// <summary>What applies to a domain that says nothing of its own.</summary>
    internal EffectivePolicy Policy => new(Mode, Window, MaxPause, Priority: 0, IsBuiltIn ? PolicySource.Default : PolicySource.Configuration);

    private bool IsBuiltIn => new QueueOptions() is var built && (built.Mode, built.Window, built.MaxPause) == (Mode, Window, MaxPause);
}
