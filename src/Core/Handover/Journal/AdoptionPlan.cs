using System.Text.Json.Nodes;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Journal;

/// <summary>
/// What is left to do once the guest belongs to the target, so that libvirt can adopt it. On disk with the commit, and complete:
/// whoever finds it can do all of it without the process that wrote it.
/// </summary>
public sealed record AdoptionPlan
{
    /// <summary>False when the guest was paused by somebody and stays paused.</summary>
    public required bool Continue { get; init; }

    /// <summary>New path of each pseudo terminal, by the path libvirt knows.</summary>
    public required IReadOnlyDictionary<string, string> Ptys { get; init; }

    /// <summary>QMP addresses on which the VNC server has to listen; empty when it did not.</summary>
    public required JsonArray VncAddresses { get; init; }

    /// <summary>The target's sockets that have to listen where the source's did; empty when it has none, and in journals of releases without them.</summary>
    public IReadOnlyList<ParkedSocket> Listeners { get => field ?? []; init; }

    /// <summary>
    /// The command line the target stands for, base of the next handover; without the passwords in it, which the target's own command line has.
    /// </summary>
    public required IReadOnlyList<string> LogicalArguments { get; init; }

    /// <summary>The migration settings that libvirt gave the source.</summary>
    public required MigrationValues Settings { get; init; }

    /// <summary>Memory backends whose <c>discard-data</c> is to be on again.</summary>
    public required IReadOnlyList<string> DiscardObjects { get; init; }

    /// <summary>Settings to be repeated.</summary>
    public required IReadOnlyList<Replay> Replays { get; init; }

    /// <summary>Where the source's threads were.</summary>
    public required IReadOnlyList<PlacedThread> Threads { get; init; }

    /// <summary>The ids of all devices that libvirt expects.</summary>
    public required IReadOnlyList<string> Devices { get; init; }

    /// <summary>The control groups that the process must be in.</summary>
    public required Cgroups Groups { get; init; }

    /// <summary>What systemd-machined knew of the VM and, since before the commit, no longer does; null when it did not know it.</summary>
    public MachineRegistration? Machine { get; init; }

    /// <summary>libvirt's pid file of the domain.</summary>
    public required string PidFile { get; init; }
}
