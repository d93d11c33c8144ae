using System.Globalization;
using VirtHandover.Handover;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>What a hostile QEMU does in one round, and what is asked of it meanwhile; all of it comes from the seed.</summary>
/// <param name="Seed">The round's own seed.</param>
/// <param name="Plan">What its monitor says instead of the truth; see <c>hostile.c</c>.</param>
/// <param name="Deed">What it does to its command line, environment or directory; null: nothing.</param>
/// <param name="Point">The point of the handover at which it does that; null: before.</param>
/// <param name="Verb">What is asked of it.</param>
/// <param name="IsNoted">Whether the service has noted how it was started before it does anything.</param>
internal sealed record HostileRound(int Seed, string Plan, string? Deed, string? Point, IReadOnlyList<string> Verb, bool IsNoted)
{
    public const string Name = "hostile";

    /// <summary>As in <c>hostile.c</c>.</summary>
    private const int Kinds = 17;
    private const int Closed = 11;

    private static readonly string[] Commands =
    [
        "query-status", "query-version", "query-name", "query-uuid", "query-block", "query-named-block-nodes", "query-chardev", "query-migrate",
        "query-migrate-parameters", "query-migrate-capabilities", "query-cpus-fast", "query-memdev", "query-jobs", "human-monitor-command", "qom-list",
        "qom-get", "stop", "cont", "migrate", "migrate-set-capabilities", "migrate-set-parameters", "getfd", "add-fd", "device_add", "quit", "query-virtio",
    ];

    private static readonly string[][] Verbs =
    [
        ["run", Name], ["run", Name], ["run", Name], ["run", Name, "--dry-run"], ["rehearse", Name], ["list", "--readiness", "--timeout", "30s"],
    ];

    public static HostileRound Draw(int seed)
    {
        var random = new Random(seed);
        T Of<T>(IReadOnlyList<T> list) => list[random.Next(list.Count)];
        // Rarely, so that something is believed at first, or to one question only, so that the rest goes on.
        bool isOne = random.Next(2) == 0;
        string command = isOne ? Of(Commands) : "*";
        int percent = isOne ? 100 : Of([0, 2, 5, 20, 100]);
        long kinds = random.Next(3) == 0 ? (1L << Kinds) - 1 : 1L << random.Next(Kinds);
        string which = Of((string[])["old", "old", "new", "both"]);
        int names = random.Next(4) == 0 ? 1 : 0;
        string? deed = random.Next(2) == 0 ? Of(HostileDeeds.Names) : null;
        // libvirt itself follows such a link when it clears up behind a QEMU that has ended.
        if (deed is not null && HostileDeeds.MovesDirectory(deed) && (kinds &= ~(1L << Closed)) == 0)
            kinds = 1;
        string? point = deed is not null && random.Next(3) > 0 ? Of(Checkpoint.All) : null;
        string plan = string.Create(CultureInfo.InvariantCulture, $"{(uint)random.Next()} {percent} {which} {command} {kinds} {names}");
        return new HostileRound(seed, plan, deed, point, Of(Verbs), random.Next(4) > 0);
    }

    public override string ToString()
    {
        string deed = Deed is null ? "no deed" : $"{Deed} at {Point ?? "the beginning"}";
        return $"seed {Seed}: '{string.Join(' ', Verb)}', plan '{Plan}', {deed}{(IsNoted ? "" : ", not noted")}";
    }
}
