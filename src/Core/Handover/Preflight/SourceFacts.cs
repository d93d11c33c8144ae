using VirtHandover.Handover.Files;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>All that the preflight looks at. It reads nothing itself.</summary>
internal sealed record SourceFacts
{
    /// <summary>The VM's logical command line.</summary>
    public required CommandLine Line { get; init; }

    /// <summary>What its QEMU says of itself.</summary>
    public required LiveFacts Live { get; init; }

    /// <summary>The new binary.</summary>
    public required TargetFacts Target { get; init; }

    /// <summary>The host.</summary>
    public required HostFacts Host { get; init; }

    /// <summary>The memory of the VM's QEMU that belongs to it alone, in bytes; private guest memory is part of it.</summary>
    public required long OwnBytes { get; init; }

    /// <summary>What systemd-machined knows of the VM.</summary>
    public MachineFacts Machine { get; init; } = new(null, null);

    /// <summary>What its process has that no other can be given, a sentence each.</summary>
    public IReadOnlyList<string> Ties { get; init; } = [];

    /// <summary>What its process has that libvirt does not give it, a sentence each.</summary>
    public IReadOnlyList<string> OtherRights { get; init; } = [];

    /// <summary>libvirt's status file; null when it was not read.</summary>
    public StatusFile? Status { get; init; }

    /// <summary>How fast libvirt lets a migration be, in MiB a second; null when nobody has limited it.</summary>
    public ulong? MigrationSpeed { get; init; }

    /// <summary>Somebody else has sent commands to QEMU past libvirt, before we did.</summary>
    public bool IsMonitorUsed { get; init; }

    /// <summary>What was found out about the files that both QEMUs open by path.</summary>
    public IReadOnlyList<SeenFile> Files { get; init; } = [];

    /// <summary>False when it was not found out whether they can be opened.</summary>
    public bool FilesWereTried { get; init; } = true;

    /// <summary>How the VM was started was noted only after it had run for a while.</summary>
    public bool IsRecordLate { get; init; }

    /// <summary>The rights with which they are opened; null when they were not read.</summary>
    public ProcessContext? Context { get; init; }
}

/// <summary>What systemd-machined has to say.</summary>
/// <param name="Machine">What it knows of the VM; null when it does not know it.</param>
/// <param name="Problem">Why it cannot be brought to take another process for the VM, a sentence; null when it can.</param>
internal sealed record MachineFacts(MachineRegistration? Machine, string? Problem);

/// <summary>The binary that the target would be started from.</summary>
/// <param name="Path">Its path.</param>
/// <param name="Version">Its version, as its monitor says.</param>
/// <param name="Machines">The machine types it has.</param>
/// <param name="Problem">Why it cannot be started, a sentence; null when it can.</param>
internal sealed record TargetFacts(string Path, Version Version, IReadOnlyList<MachineType> Machines, string? Problem = null)
{
    /// <summary>Why it is not run, a sentence: somebody else than root can change it; null when nobody can.</summary>
    public string? Untrusted { get; init; }

    /// <summary>The options it has, without dashes; null when that is not known.</summary>
    public IReadOnlySet<string>? Options { get; init; }
}

/// <summary>What the host has to say.</summary>
/// <param name="AvailableBytes">Memory that can be had (<c>MemAvailable</c>), in bytes.</param>
/// <param name="GroupBytesLeft">What the VM's control group may still take, in bytes; null without a limit.</param>
/// <param name="LockManager"><c>lock_manager</c> of qemu.conf; empty or <c>nop</c> for none.</param>
/// <param name="Hooks">libvirt's <c>qemu</c> hook scripts.</param>
internal sealed record HostFacts(long AvailableBytes, long? GroupBytesLeft, string LockManager, IReadOnlyList<string> Hooks);
