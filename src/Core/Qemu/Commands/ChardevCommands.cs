namespace VirtHandover.Qemu;

/// <summary>A character device (<c>query-chardev</c>).</summary>
/// <param name="Label">Its id.</param>
/// <param name="Filename">What it is connected to, for example <c>pty:/dev/pts/3</c>, <c>disconnected:unix:/path,server=on</c>.</param>
internal sealed record Chardev(string Label, string Filename)
{
    /// <summary>The pseudo terminal's path, or null when it is none.</summary>
    internal string? Pty => Filename.StartsWith("pty:", StringComparison.Ordinal) ? Filename[4..] : null;
}

/// <summary>Character devices.</summary>
internal static class ChardevCommands
{
    /// <summary><c>query-chardev</c>.</summary>
    internal static async Task<IReadOnlyList<Chardev>> QueryChardevAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("query-chardev", null, c => new Chardev(c["label"].Text(), c["filename"].Text()), cancellationToken)
            .ConfigureAwait(false);
}
