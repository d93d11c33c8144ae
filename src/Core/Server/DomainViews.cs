using VirtHandover.Bus.Client;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Foreign;
using VirtHandover.Queue;

namespace VirtHandover.Server;

/// <summary>The queue's entries as the bus shows them.</summary>
internal static class DomainViews
{
    internal static DomainView Of(Upgrade upgrade, QueueSnapshot queue)
    {
        var standing = queue.Standings.GetValueOrDefault(upgrade.Domain);
        var running = upgrade.State as UpgradeState.Running;
        var report = upgrade.LastReport;
        return new DomainView
        {
            Uuid = upgrade.Domain,
            Name = upgrade.Name,
            State = upgrade.State.Word,
            RunningVersion = upgrade.Running.Version,
            InstalledVersion = upgrade.Installed?.Version ?? "",
            RunningPackage = upgrade.Running.Package,
            InstalledPackage = upgrade.Installed?.Package ?? "",
            OutdatedReasons = [.. upgrade.Reasons.Select(Sentence)],
            Method = upgrade.Assessment?.Method is { } method ? BusWord.ToBus(method) : "",
            MethodReason = upgrade.Assessment?.MethodReason ?? "",
            Findings = upgrade.State is UpgradeState.Blocked blocked ? blocked.Findings : upgrade.Assessment?.Findings ?? [],
            DeferredUntil = (upgrade.State as UpgradeState.Deferred)?.Until,
            ApprovedBy = running?.By ?? (upgrade.State as UpgradeState.Approved)?.By ?? "",
            DeferReason = (upgrade.State as UpgradeState.Deferred)?.Reason ?? "",
            WaitReason = standing?.WaitReason ?? "",
            NextWindow = standing?.NextWindow,
            PolicyMode = standing is null ? "" : BusWord.ToBus(standing.Policy.Mode),
            PolicyWindow = standing?.Policy.Window.Text ?? "",
            PolicyMaxPauseMicroseconds = (long?)standing?.Policy.MaxPause.TotalMicroseconds ?? 0,
            PolicyPriority = standing?.Policy.Priority ?? 0,
            PolicySource = standing is null ? "" : BusWord.ToBus(standing.Policy.Source),
            PolicyRefusal = standing?.Policy.Refusal ?? "",
            PolicyOwn = standing is null ? [] : PolicyOptions.NamesOf(standing.Policy.Own),
            AssessedAt = upgrade.AssessedAt,
            PhaseTimes = running?.PhaseTimes ?? [],
            PhaseSince = running?.PhaseSince,
            Phase = running is null ? "" : BusWord.ToBus(running.Phase),
            Progress = running?.Progress ?? -1,
            LastPauseMicroseconds = report?.PauseMicroseconds ?? 0,
            LastTotalMicroseconds = report?.TotalMicroseconds ?? 0,
            LastOutageMicroseconds = report?.OutageMicroseconds ?? 0,
            LastSentence = (upgrade.State as UpgradeState.Failed)?.Sentence ?? report?.Sentence ?? "",
        };
    }

    /// <summary>
    /// All of them, so that one message can show them all: when VMs whose QEMUs lie have so much to be said about them that it cannot, each is left its share.
    /// </summary>
    internal static IReadOnlyList<DomainView> Fitting(IReadOnlyList<DomainView> views)
    {
        if (views.Sum(Length) <= ForeignBounds.ViewChars)
            return views;
        var share = ForeignBounds.ViewChars / views.Count;
        return [.. views.Select(view => Length(view) <= share ? view : view with
        {
            Findings = BoundedFindings.Of(view.Findings, share / 4),
            OutdatedReasons = [.. view.OutdatedReasons.Select(reason => ForeignText.Shorten(reason, Math.Max(share / 8, 80)))],
            LastSentence = ForeignText.Shorten(view.LastSentence, Math.Max(share / 8, 80)),
            MethodReason = ForeignText.Shorten(view.MethodReason, Math.Max(share / 8, 80)),
        })];
    }

    private static long Length(DomainView view) =>
        BoundedFindings.Length(view.Findings) + view.OutdatedReasons.Sum(reason => reason.Length)
        + view.LastSentence.Length + view.MethodReason.Length + view.Name.Length;

    private static string Sentence(Staleness reason) => reason.Kind switch
    {
        StalenessKind.Binary => $"{string.Join(", ", reason.Paths)} on disk is another build than the one that runs.",
        _ => $"Libraries that it has loaded were replaced on disk: {string.Join(", ", reason.Paths)}.",
    };
}
