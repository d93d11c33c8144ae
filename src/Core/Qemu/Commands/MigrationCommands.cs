using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Progress of the memory (<c>query-migrate</c>, <c>ram</c>), in bytes.</summary>
internal sealed record MigrationRam(long Transferred, long Remaining, long Total, long DirtySyncCount);

/// <summary>What <c>query-migrate</c> says.</summary>
/// <param name="Status">QMP's MigrationStatus (<c>setup</c>, <c>active</c>, <c>completed</c>, <c>failed</c> …), or <c>none</c> when there was no migration.</param>
/// <param name="Ram">Progress of the memory, when QEMU tells it.</param>
/// <param name="Error">Why it failed, in QEMU's words; null when it did not.</param>
/// <param name="BlockedReasons">Why a migration would be refused, in QEMU's words; empty when it would not (QEMU ≥ 6.0).</param>
internal sealed record MigrationInfo(
    string Status,
    MigrationRam? Ram,
    string? Error,
    IReadOnlyList<string> BlockedReasons)
{
    /// <summary>True when nothing more will happen.</summary>
    internal bool HasEnded => Status is "none" or "completed" or "failed" or "cancelled";

    /// <summary>True while a migration is under way, whatever stage it is in.</summary>
    internal bool IsUnderWay => !HasEnded;
}

/// <summary>Migration.</summary>
internal static class MigrationCommands
{
    /// <summary><c>migrate-set-capabilities</c>.</summary>
    /// <param name="qmp">Source or target.</param>
    /// <param name="capabilities">Name to state, for example <c>x-ignore-shared</c> to true; the others stay as they are.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static Task MigrateSetCapabilitiesAsync(
        this IQmpChannel qmp, IReadOnlyDictionary<string, bool> capabilities, CancellationToken cancellationToken = default)
    {
        var list = new JsonArray();
        foreach (var (name, state) in capabilities)
            list.Add((JsonNode)new JsonObject { ["capability"] = name, ["state"] = state });
        return qmp.ExecuteAsync("migrate-set-capabilities", new JsonObject { ["capabilities"] = list }, null, cancellationToken);
    }

    /// <summary><c>query-migrate-capabilities</c>: every capability this QEMU knows, with its state.</summary>
    internal static async Task<IReadOnlyDictionary<string, bool>> QueryMigrateCapabilitiesAsync(
        this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        (await qmp.ListAsync("query-migrate-capabilities", null, c => (Name: c["capability"].Text(), State: c["state"].Flag()), cancellationToken).ConfigureAwait(false))
            .DistinctBy(c => c.Name).ToDictionary(c => c.Name, c => c.State, StringComparer.Ordinal);

    /// <summary><c>migrate-set-parameters</c>, for example <c>max-bandwidth</c> in bytes a second and <c>downtime-limit</c> in ms.</summary>
    internal static Task MigrateSetParametersAsync(this IQmpChannel qmp, JsonObject parameters, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("migrate-set-parameters", parameters, null, cancellationToken);

    /// <summary><c>migrate</c> over a descriptor that <see cref="FdCommands.GetFdAsync"/> has passed. Returns when it has begun.</summary>
    internal static Task MigrateFdAsync(this IQmpChannel qmp, string fdName, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("migrate", new JsonObject { ["uri"] = $"fd:{fdName}" }, null, cancellationToken);

    /// <summary><c>migrate-incoming</c> on a target that was started with <c>-incoming defer</c>.</summary>
    internal static Task MigrateIncomingFdAsync(this IQmpChannel qmp, string fdName, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("migrate-incoming", new JsonObject { ["uri"] = $"fd:{fdName}" }, null, cancellationToken);

    /// <summary><c>query-migrate</c>.</summary>
    internal static async Task<MigrationInfo> QueryMigrateAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var reply = await qmp.AskAsync("query-migrate", null, cancellationToken).ConfigureAwait(false);
        return new MigrationInfo(
            reply.Find("status")?.Text() ?? "none",
            reply.Find("ram") is { } ram ? ReadRam(ram) : null,
            reply.Find("error-desc")?.Text(),
            reply.Find("blocked-reasons")?.Each(reason => reason.Text()) ?? []);
    }

    /// <summary><c>migrate_cancel</c>: the source runs on, the target ends.</summary>
    internal static Task MigrateCancelAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("migrate_cancel", null, null, cancellationToken);

    private static MigrationRam ReadRam(QmpReply ram) => new(
        ram["transferred"].Natural(),
        ram["remaining"].Natural(),
        ram["total"].Natural(),
        ram.Find("dirty-sync-count")?.Natural() ?? 0);
}
