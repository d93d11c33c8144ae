using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A part of a reply, read strictly: what is not as QMP's schema says is a <see cref="QmpProtocolException"/> that names the place.</summary>
internal readonly struct QmpReply
{
    private readonly string _peer;
    private readonly string _place;

    internal QmpReply(JsonElement value, string peer, string place)
    {
        Value = value;
        _peer = peer;
        _place = place;
    }

    /// <summary>The JSON itself.</summary>
    internal JsonElement Value { get; }

    /// <summary>A member that the schema promises.</summary>
    internal QmpReply this[string name] => Find(name) ?? throw Wrong($"lacks '{name}'");

    /// <summary>A member that may be missing; null when it is, or is JSON null.</summary>
    internal QmpReply? Find(string name)
    {
        if (Value.ValueKind != JsonValueKind.Object)
            throw Wrong("is not an object");
        return Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new QmpReply(member, _peer, $"{_place}.{name}")
            : null;
    }

    internal string Text()
    {
        try
        {
            return Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("is not text");
        }
        catch (InvalidOperationException)
        {
            throw Wrong("is not text that can be read");
        }
    }

    internal long Number() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out var number) ? number : throw Wrong("is not a whole number");

    internal ulong Unsigned() => Value.ValueKind == JsonValueKind.Number && Value.TryGetUInt64(out var number) ? number : throw Wrong("is not a whole number of 0 or more");

    internal bool Flag() => Value.ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Wrong("is neither true nor false"),
    };

    internal List<T> Each<T>(Func<QmpReply, T> read)
    {
        if (Value.ValueKind != JsonValueKind.Array)
            throw Wrong("is not a list");
        var result = new List<T>(Value.GetArrayLength());
        foreach (var item in Value.EnumerateArray())
            result.Add(read(new QmpReply(item, _peer, $"{_place}[{result.Count}]")));
        return result;
    }

    internal QmpProtocolException Wrong(string how) => new(QmpFault.Malformed, $"QEMU ({_peer}) answered with a {_place} that {how}.");
}

/// <summary>Runs a command and reads its reply strictly.</summary>
internal static class QmpAsking
{
    internal static async Task<QmpReply> AskAsync(
        this IQmpChannel channel, string command, JsonObject? arguments, CancellationToken cancellationToken) =>
        new(await channel.ExecuteAsync(command, arguments, null, cancellationToken).ConfigureAwait(false), channel.Peer, command);

    internal static async Task<List<T>> ListAsync<T>(
        this IQmpChannel channel, string command, JsonObject? arguments, Func<QmpReply, T> read, CancellationToken cancellationToken) =>
        (await channel.AskAsync(command, arguments, cancellationToken).ConfigureAwait(false)).Each(read);
}
