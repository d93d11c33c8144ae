namespace VirtHandover.Qemu;

/// <summary>Something that QEMU is busy with.</summary>
/// <param name="Id">Its name.</param>
/// <param name="Type">For example <c>commit</c>, <c>mirror</c>, <c>backup</c>, <c>create</c>.</param>
/// <param name="Status">For example <c>running</c>, <c>ready</c>, <c>concluded</c>.</param>
internal sealed record QemuJob(string Id, string Type, string Status);

/// <summary>Jobs and dumps: what a handover would break off.</summary>
internal static class JobCommands
{
    /// <summary><c>query-jobs</c>.</summary>
    internal static async Task<IReadOnlyList<QemuJob>> QueryJobsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("query-jobs", null, j => new QemuJob(j["id"].Text(), j["type"].Text(), j["status"].Text()), cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-block-jobs</c>.</summary>
    internal static async Task<IReadOnlyList<QemuJob>> QueryBlockJobsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-block-jobs", null, j => new QemuJob(j["device"].Text(), j["type"].Text(), j.Find("status")?.Text() ?? ""), cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-dump</c>: <c>none</c>, <c>active</c>, <c>completed</c> or <c>failed</c>.</summary>
    internal static async Task<string> QueryDumpAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        (await qmp.AskAsync("query-dump", null, cancellationToken).ConfigureAwait(false))["status"].Text();
}
