using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>The human monitor, for the few facts that QMP does not tell.</summary>
internal static class HumanMonitorCommands
{
    /// <summary><c>human-monitor-command</c>. Errors of the inner command come as text in the result.</summary>
    internal static async Task<string> HumanMonitorCommandAsync(this IQmpChannel qmp, string line, CancellationToken cancellationToken = default) =>
        (await qmp.AskAsync("human-monitor-command", new JsonObject { ["command-line"] = line }, cancellationToken).ConfigureAwait(false)).Table();
}
