using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>A domain's monitor through libvirt, while the daemon runs and holds it.</summary>
/// <param name="connection">An open connection.</param>
/// <param name="domain">The domain.</param>
/// <param name="name">Its name, for error sentences.</param>
internal sealed class LibvirtQmpChannel(LibvirtConnection connection, Guid domain, string name) : IQmpChannel
{
    public string Peer => $"the source of VM {name}";

    public async Task<JsonElement> ExecuteAsync(
        string command, JsonObject? arguments = null, IReadOnlyList<int>? fds = null, CancellationToken cancellationToken = default)
    {
        var request = new JsonObject { ["execute"] = command };
        if (arguments is not null)
            request["arguments"] = arguments.DeepClone();
        var text = fds is { Count: > 0 }
            ? await connection.MonitorCommandAsync(domain, request.ToJsonString(), fds, cancellationToken).ConfigureAwait(false)
            : await connection.MonitorCommandAsync(domain, request.ToJsonString(), cancellationToken).ConfigureAwait(false);
        try
        {
            using var reply = JsonDocument.Parse(text);
            if (reply.RootElement.TryGetProperty("return", out var value))
                return value.Clone();
            var error = reply.RootElement.GetProperty("error");
            throw new QmpException(Peer, command, error.GetProperty("class").GetString() ?? "", error.GetProperty("desc").GetString() ?? "");
        }
        catch (Exception exception) when (exception is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            throw new QmpProtocolException(QmpFault.Malformed, $"libvirt passed on a reply to '{command}' that is not QMP.", exception);
        }
    }
}
