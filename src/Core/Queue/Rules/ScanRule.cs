using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>What a look at all VMs makes of the queue.</summary>
internal static class ScanRule
{
    /// <summary>Takes a complete scan over: VMs that are gone leave, new ones enter, the others are updated.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="complete">Every running VM.</param>
    /// <param name="ticket">The scan's number: what was handed over while it went on may have been seen as it was before.</param>
    /// <param name="moment">When.</param>
    public static QueueStep Merge(QueueState state, IReadOnlyCollection<ScannedDomain> complete, long ticket, QueueMoment moment)
    {
        var stale = state.Handled.Where(one => one.Value >= ticket).Select(one => one.Key).ToHashSet();
        var scan = complete.Where(one => !stale.Contains(one.Domain.Uuid)).ToList();
        var seen = scan.Select(one => one.Domain.Uuid).ToHashSet();
        var gone = state.Upgrades.Values.Where(upgrade => !seen.Contains(upgrade.Domain) && !stale.Contains(upgrade.Domain) && !Stays(upgrade));
        var merged = scan.ConvertAll(one => PolicyRule.Automatic(state, Seen(state.Find(one.Domain.Uuid), one, moment.Now), moment));
        var next = state.With(merged) with { LastScan = moment.Now, IsScanGood = true };
        next = next with { Upgrades = next.Upgrades.RemoveRange(gone.Select(upgrade => upgrade.Domain)) };
        next = AlarmRule.Set(AlarmRule.Set(next, AlarmSource.Libvirt, null), AlarmSource.Emulator, MissingEmulators(scan));
        return new QueueStep(next)
        {
            News =
            [
                .. NoticedUpdate.Between(state.Upgrades.Values, merged) is { } update ? new QueueNews[] { update } : [],
                .. Moved.News(merged.Select(upgrade => (state.Find(upgrade.Domain)?.State, upgrade))),
            ],
        };
    }

    /// <summary>What was asked for by name of VMs that do not run any more, each to be dropped with its report.</summary>
    public static IReadOnlyList<(AskedHandover Asked, HandoverReport Report)> Gone(QueueState state) =>
    [
        .. state.Asked
            .Where(asked => !state.Upgrades.ContainsKey(asked.Domain))
            .Select(asked => (asked, Reports.Gone(asked.Record(asked.Domain.ToString())))),
    ];

    /// <summary>A scan failed: nothing is started until one succeeds.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="source">Whose alarm it is.</param>
    /// <param name="sentence">Why, and when the next try is.</param>
    public static QueueState Failed(QueueState state, AlarmSource source, string sentence) =>
        AlarmRule.Set(state.IsScanGood ? state with { IsScanGood = false } : state, source, sentence);

    /// <summary>What a look at one VM makes of it.</summary>
    /// <param name="known">The VM as it was; null for one that nobody knows yet.</param>
    /// <param name="scanned">The VM as it was seen.</param>
    /// <param name="now">The host's clock.</param>
    public static Upgrade Seen(Upgrade? known, ScannedDomain scanned, DateTimeOffset now)
    {
        var (domain, instance, assessment) = scanned;
        if (domain.ProcessId == 0 && known is not null)
        {
            // It runs but could not be examined this time: no reason to forget what was decided about it.
            return known;
        }

        var isSame = known?.Instance == instance;
        var happened = new UpgradeEvent.Seen(domain.IsOutdated, isSame, known?.HasTarget(domain.Installed) ?? false, assessment);
        var next = ((Transition.To)UpgradeMachine.Next(known?.State ?? new UpgradeState.Current(), happened, now)).State;

        // A current domain has an assessment only because somebody asked for it; it says nothing about another process.
        var keeps = domain.IsOutdated || isSame;
        return new Upgrade
        {
            Domain = domain.Uuid,
            Name = domain.Name,
            Instance = instance,
            Running = domain.Running,
            Installed = domain.Installed,
            Reasons = domain.Reasons,
            Assessment = assessment ?? (keeps ? known?.Assessment : null),
            AssessedAt = assessment is not null ? now : keeps ? known?.AssessedAt : null,
            Policy = scanned.Policy ?? known?.Policy,
            State = next,
            LastReport = known?.LastReport,
        };
    }

    /// <summary>Whether the preflight's result would decide something for a VM.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="domain">What detection says of it.</param>
    /// <param name="instance">The QEMU process.</param>
    /// <param name="again">Where its last result is known, too.</param>
    public static bool WantsAssessment(QueueState state, DetectedDomain domain, QemuInstance instance, bool again)
    {
        if (!domain.IsOutdated || state.Find(domain.Uuid) is not { } known)
            return domain.IsOutdated;
        var isOther = known.Instance != instance || !known.HasTarget(domain.Installed);
        return known.State switch
        {
            UpgradeState.Running => false,
            UpgradeState.Failed or UpgradeState.Blocked => isOther,
            _ => again || isOther || known.Assessment is null,
        };
    }

    /// <summary>A running handover's domain may be out of libvirt's sight for a moment; a stranded one needs the administrator's eyes.</summary>
    private static bool Stays(Upgrade upgrade) =>
        upgrade.State is UpgradeState.Running or UpgradeState.Failed { Report.Outcome: HandoverOutcome.Stranded };

    private static string MissingEmulators(List<ScannedDomain> scan) => string.Join(
        ' ', scan.Where(one => one.Domain.Installed is null).Select(one => ForeignText.Escape(ProblemOf(one.Domain))).Distinct().Order());

    private static string ProblemOf(DetectedDomain domain) => domain.Problem.Length > 0
        ? domain.Problem
        : $"{domain.Running.Path} is missing or cannot be executed, so its VMs cannot be handed over; they run on. Install QEMU again.";
}
