namespace VirtHandover.Queue;

/// <summary>What is told of VMs that have come into another state.</summary>
internal static class Moved
{
    /// <summary>What nobody has asked for by name: VMs that wait for an approval from now on, and approvals that a policy gave.</summary>
    /// <param name="moved">The state before, null where there was none, and the VM now.</param>
    public static IReadOnlyList<QueueNews> News(IEnumerable<(UpgradeState? Before, Upgrade After)> moved)
    {
        var news = new List<QueueNews>();
        var pending = new List<Upgrade>();
        foreach (var (before, after) in moved)
        {
            if (after.State is UpgradeState.Pending && before is not UpgradeState.Pending)
                pending.Add(after);
            else if (after.State is UpgradeState.Approved approved && (before as UpgradeState.Approved)?.At != approved.At)
                news.Add(new QueueNews.Approved(after, approved.By));
        }

        if (pending.Count > 0)
            news.Add(new QueueNews.BecamePending(pending));
        return news;
    }
}
