namespace VirtHandover.Qemu;

/// <summary>Who this QEMU is.</summary>
internal static class IdentityCommands
{
    /// <summary><c>query-version</c>.</summary>
    internal static async Task<QmpGreeting> QueryVersionAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        QmpMessageReader.ReadGreeting(await qmp.AskAsync("query-version", null, cancellationToken).ConfigureAwait(false));
}
