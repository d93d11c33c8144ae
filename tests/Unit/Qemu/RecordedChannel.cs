using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu;

/// <summary>Answers with what a real QEMU once answered; see tests/corpus/qmp. A line is <c>[command, arguments, return or error]</c>.</summary>
internal sealed class RecordedChannel : IQmpChannel
{
    private readonly Dictionary<string, JsonElement> _replies = new(StringComparer.Ordinal);

    internal RecordedChannel(string name, Func<string, string>? twist = null)
    {
        Peer = name;
        foreach (var line in Corpus.QmpReply(name + ".jsonl").Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            using var entry = JsonDocument.Parse(line);
            var reply = entry.RootElement[2].GetRawText();
            _replies[Key(entry.RootElement[0].GetString()!, entry.RootElement[1].GetRawText())] = JsonDocument.Parse(twist is null ? reply : twist(reply)).RootElement;
        }
    }

    public string Peer { get; }

    public Task<JsonElement> ExecuteAsync(string command, JsonObject? arguments, IReadOnlyList<int>? fds, CancellationToken cancellationToken)
    {
        if (!_replies.TryGetValue(Key(command, arguments?.ToJsonString() ?? "null"), out var reply))
            throw new QmpException(Peer, command, "GenericError", "not recorded");
        return reply.ValueKind == JsonValueKind.Object && reply.TryGetProperty("qmp-error", out var error)
            ? throw new QmpException(Peer, command, "GenericError", error.ToString())
            : Task.FromResult(reply);
    }

    private static string Key(string command, string arguments) => string.Create(CultureInfo.InvariantCulture, $"{command} {arguments}");
}
