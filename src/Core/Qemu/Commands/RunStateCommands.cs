namespace VirtHandover.Qemu;

/// <summary>What <c>query-status</c> says.</summary>
/// <param name="Status">QMP's RunState, for example <c>running</c>, <c>paused</c>, <c>postmigrate</c>, <c>inmigrate</c>, <c>io-error</c>.</param>
/// <param name="IsRunning">True while vCPUs run.</param>
internal sealed record RunState(string Status, bool IsRunning);

/// <summary>Stop, go, and how it stands.</summary>
internal static class RunStateCommands
{
    /// <summary><c>query-status</c>.</summary>
    internal static async Task<RunState> QueryStatusAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var reply = await qmp.AskAsync("query-status", null, cancellationToken).ConfigureAwait(false);
        return new RunState(reply["status"].Text(), reply["running"].Flag());
    }

    /// <summary><c>stop</c>: returns when the vCPUs stand and the disks are flushed.</summary>
    internal static Task StopAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("stop", null, null, cancellationToken);

    /// <summary><c>cont</c>: takes the image locks first, and fails when another process has them.</summary>
    internal static Task ContAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("cont", null, null, cancellationToken);

    // 'quit' is not here on purpose: it unlinks sockets by path and may empty shared memory. A source is killed.
}
