using System.Collections.Immutable;
using VirtHandover.Contract;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>
/// The whole queue at one moment, as the rules read and make it. Immutable; what is kept over restarts of it are the VMs' entries and the control.
/// </summary>
internal sealed record QueueState
{
    /// <summary>The running VMs.</summary>
    public ImmutableDictionary<Guid, Upgrade> Upgrades { get; init; } = ImmutableDictionary<Guid, Upgrade>.Empty;

    /// <summary>Handovers that somebody asked for by name, in their order.</summary>
    public ImmutableList<AskedHandover> Asked { get; init; } = [];

    /// <summary>Handovers that ran when the service ended, and whose results are still to be recovered.</summary>
    public ImmutableList<HandoverRecord> Interrupted { get; init; } = [];

    /// <summary>What the administrator has to read.</summary>
    public ImmutableSortedDictionary<AlarmSource, string> Alarms { get; init; } = ImmutableSortedDictionary<AlarmSource, string>.Empty;

    /// <summary>Whether the queue as a whole goes on.</summary>
    public QueueControl Control { get; init; } = new();

    /// <summary>What <see cref="QueueControl.Granted"/> says, read once: what applies is asked for at every look.</summary>
    public ImmutableDictionary<Guid, DomainPolicy> Granted { get; init; } = ImmutableDictionary<Guid, DomainPolicy>.Empty;

    /// <summary>What holds the whole fleet, in a sentence; empty when nothing does.</summary>
    public string Hold { get; init; } = "";

    /// <summary>Why nothing that is approved starts for a while; null when it may start.</summary>
    public PutOff? PutOff { get; init; }

    /// <summary>When the VMs were last looked at; null before the first scan.</summary>
    public DateTimeOffset? LastScan { get; init; }

    /// <summary>The last scan has succeeded: only then is it certain that an old approval is about the process that still runs.</summary>
    public bool IsScanGood { get; init; }

    /// <summary>A package is being installed.</summary>
    public bool IsTransactionRunning { get; init; }

    /// <summary>A canary goes through a handover.</summary>
    public bool IsCanaryRunning { get; init; }

    /// <summary>The VMs whose maintenance windows were open when somebody last looked.</summary>
    public ImmutableHashSet<Guid> Open { get; init; } = [];

    /// <summary>The number of the last scan that was begun.</summary>
    public long Ticket { get; init; }

    /// <summary>Which scan was the last to begin when a VM's handover last started or ended.</summary>
    public ImmutableDictionary<Guid, long> Handled { get; init; } = ImmutableDictionary<Guid, long>.Empty;

    /// <summary>True while a handover runs.</summary>
    public bool IsRunning => Upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Running);

    /// <summary>True while a handover, or a canary, is in a phase in which the libvirt daemon does not run.</summary>
    public bool KeepsLibvirtDown => IsCanaryRunning
        || Upgrades.Values.Any(upgrade => upgrade.State is UpgradeState.Running { Rehearse: false, Phase: >= HandoverPhase.Quiesce });

    /// <summary>How many handovers wait, whether or not they could start.</summary>
    public int Waiting => Asked.Count + Upgrades.Values.Count(upgrade => upgrade.State is UpgradeState.Approved);

    /// <summary>One VM.</summary>
    /// <returns>Null when it does not run.</returns>
    public Upgrade? Find(Guid domain) => Upgrades.GetValueOrDefault(domain);

    /// <summary>One VM that somebody has named.</summary>
    /// <exception cref="QueueException">It does not run.</exception>
    public Upgrade Named(Guid domain) => Find(domain) ?? throw new QueueException(
        QueueFault.UnknownDomain, $"No running VM has the UUID {domain}; \"virt-handover list\" shows the running ones.");

    /// <summary>The same with another entry of one VM.</summary>
    public QueueState With(Upgrade upgrade) => this with { Upgrades = Upgrades.SetItem(upgrade.Domain, upgrade) };

    /// <summary>The same with other entries of some VMs.</summary>
    public QueueState With(IEnumerable<Upgrade> upgrades) =>
        this with { Upgrades = Upgrades.SetItems(upgrades.Select(upgrade => KeyValuePair.Create(upgrade.Domain, upgrade))) };
}
