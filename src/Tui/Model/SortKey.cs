using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Model;

/// <summary>What the queue is sorted by.</summary>
internal enum SortKey
{
    /// <summary>By name, as the service gives them.</summary>
    Name,

    /// <summary>What needs somebody comes first.</summary>
    State,

    /// <summary>The longest pause first.</summary>
    Pause,

    /// <summary>The longest handover first.</summary>
    Total,

    /// <summary>The oldest QEMU first.</summary>
    Qemu,
}

/// <summary>Sorts domains; equal ones stay in the order of their names.</summary>
internal static class Sorting
{
    /// <summary>The names of the keys, as <c>--sort</c> takes them.</summary>
    public static readonly IReadOnlyList<string> Words = [.. Enum.GetNames<SortKey>().Select(name => name.ToLowerInvariant())];

    private static readonly string[] Urgency = ["failed", "running", "pending", "approved", "blocked", "deferred", "done", "current"];

    public static IReadOnlyList<DomainView> Sort(IReadOnlyList<DomainView> domains, SortKey key) => key switch
    {
        SortKey.State => [.. domains.OrderBy(domain => Rank(domain.State))],
        SortKey.Pause => [.. domains.OrderByDescending(domain => domain.LastPauseMicroseconds)],
        SortKey.Total => [.. domains.OrderByDescending(domain => domain.LastTotalMicroseconds)],
        SortKey.Qemu => [.. domains.OrderBy(domain => VersionOf(domain.RunningVersion))],
        _ => domains,
    };

    public static SortKey Next(SortKey key) => key == SortKey.Qemu ? SortKey.Name : key + 1;

    public static string Word(SortKey key) => Words[(int)key];

    // A state of a newer service is one that somebody should look at.
    private static int Rank(string state) => Array.IndexOf(Urgency, state);

    private static Version VersionOf(string text) => Version.TryParse(text, out var version) ? version : new Version();
}
