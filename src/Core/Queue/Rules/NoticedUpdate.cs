using VirtHandover.Detection;

namespace VirtHandover.Queue;

/// <summary>Finds out of what a scan has seen whether something was replaced since the scan before.</summary>
internal static class NoticedUpdate
{
    /// <summary>Compares the queue before a scan with the queue after it.</summary>
    /// <param name="before">The VMs before; kept over restarts, so that a restart notices nothing anew.</param>
    /// <param name="after">The VMs after.</param>
    /// <returns>Null when nothing is new by which a VM is outdated.</returns>
    internal static QueueNews.UpdateNoticed? Between(IEnumerable<Upgrade> before, IReadOnlyCollection<Upgrade> after)
    {
        var known = before.SelectMany(Replaced).Select(one => one.Key).ToHashSet();
        var fresh = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var outdated = 0;
        foreach (var upgrade in after)
        {
            var news = Replaced(upgrade).Where(one => !known.Contains(one.Key)).ToList();
            news.ForEach(one => fresh[one.Key] = one.Words);
            outdated += news.Count > 0 ? 1 : 0;
        }

        return fresh.Count == 0 ? null : new QueueNews.UpdateNoticed([.. fresh.Values], outdated, after.Count);
    }

    // A QEMU by its build, so that the next one in the same place is news, too; of a library no more is known than its path.
    private static IEnumerable<(string Key, string Words)> Replaced(Upgrade upgrade)
    {
        if (upgrade.Installed is not { } installed)
            yield break;
        foreach (var reason in upgrade.Reasons)
        {
            if (reason.Kind == StalenessKind.Binary)
            {
                var version = installed.Package.Length > 0 ? installed.Package : installed.Version;
                yield return ($"{installed.Path}\n{installed.BuildId}", $"QEMU {version} ({installed.Path})");
                continue;
            }

            foreach (var path in reason.Paths)
                yield return (path, path);
        }
    }
}
