namespace VirtHandover.Qemu;

/// <summary>Who this QEMU is.</summary>
internal static class IdentityCommands
{
    /// <summary><c>query-version</c>.</summary>
    internal static async Task<QmpGreeting> QueryVersionAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        QmpMessageReader.ReadGreeting(await qmp.AskAsync("query-version", null, cancellationToken).ConfigureAwait(false));

    /// <summary><c>query-name</c>: libvirt's <c>guest=</c>; null when none was given.</summary>
    internal static async Task<string?> QueryNameAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        (await qmp.AskAsync("query-name", null, cancellationToken).ConfigureAwait(false)).Find("name")?.Text();

    /// <summary><c>query-uuid</c>.</summary>
    internal static async Task<Guid> QueryUuidAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var uuid = (await qmp.AskAsync("query-uuid", null, cancellationToken).ConfigureAwait(false))["UUID"];
        return Guid.TryParse(uuid.Text(), out var value) ? value : throw uuid.Wrong("is no UUID");
    }
}
