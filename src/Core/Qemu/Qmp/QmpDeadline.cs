using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>Gives commands another deadline than their channel's.</summary>
public static class QmpDeadline
{
    /// <summary>The same channel with a deadline of its own, for example <c>qmp.Within(TimeSpan.FromMilliseconds(500)).StopAsync(ct)</c>.</summary>
    /// <param name="channel">The channel; its own limit stays in force where it is shorter.</param>
    /// <param name="limit">How long each command may take.</param>
    /// <returns>The channel to use.</returns>
    public static IQmpChannel Within(this IQmpChannel channel, TimeSpan limit) => new Limited(channel, limit);

    internal static QmpProtocolException Passed(string peer, string command, TimeSpan limit) =>
        new(QmpFault.Deadline, $"QEMU ({peer}) did not answer '{command}' within {Words(limit)}; whether it ran the command is not known.");

    internal static string Words(TimeSpan limit) => limit.TotalSeconds >= 10
        ? string.Create(CultureInfo.InvariantCulture, $"{limit.TotalSeconds:0} s")
        : string.Create(CultureInfo.InvariantCulture, $"{limit.TotalMilliseconds:0} ms");

    private sealed class Limited(IQmpChannel channel, TimeSpan limit) : IQmpChannel
    {
        public string Peer => channel.Peer;

        public async Task<JsonElement> ExecuteAsync(
            string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
        {
            try
            {
                return await channel.ExecuteAsync(command, arguments, fds, cancellationToken).WaitAsync(limit, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                throw Passed(Peer, command, limit);
            }
        }
    }
}
