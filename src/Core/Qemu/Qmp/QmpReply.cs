using System.Text.Json;
using System.Text.Json.Nodes;
using VirtHandover.Foreign;

// The one place where JSON of a QEMU is taken apart: everywhere else these members are banned (eng/BannedSymbols.Foreign.txt), because each of them throws an
// exception of its own that names neither the VM nor the place.
#pragma warning disable RS0030

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

    /// <summary>The JSON itself, to be passed on.</summary>
    internal JsonElement Value { get; }

    /// <summary>True for a JSON object.</summary>
    internal bool IsObject => Value.ValueKind == JsonValueKind.Object;

    /// <summary>A member that the schema promises.</summary>
    internal QmpReply this[string name] => Find(name) ?? throw Wrong($"lacks '{name}'");

    /// <summary>Parses a text, strictly: UTF-8, one value, no member twice, not too deep.</summary>
    /// <exception cref="JsonException">It is none. What is not UTF-8 is a <see cref="JsonException"/>, too.</exception>
    internal static JsonElement Parse(ReadOnlySpan<byte> text)
    {
        try
        {
            return JsonElement.Parse(text, new JsonDocumentOptions { MaxDepth = ForeignBounds.ReplyDepth, AllowDuplicateProperties = false });
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            // A member's name that is half a character.
            throw new JsonException(exception.Message, exception);
        }
    }

    /// <summary>A member's text where nobody is to be told that it is none.</summary>
    internal static string? TextOf(JsonElement value, string name)
    {
        try
        {
            return value.ValueKind == JsonValueKind.Object && value.TryGetProperty(name, out var member) && member.ValueKind == JsonValueKind.String
                ? member.GetString()
                : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a character
        }
    }

    /// <summary>A member that may be missing; null when it is, or is JSON null.</summary>
    internal QmpReply? Find(string name)
    {
        if (!IsObject)
            throw Wrong("is not an object");
        return Value.TryGetProperty(name, out var member) && member.ValueKind != JsonValueKind.Null
            ? new QmpReply(member, _peer, $"{_place}.{name}")
            : null;
    }

    /// <summary>Whether there is such a member; JSON null counts.</summary>
    internal bool Has(string name) => IsObject && Value.TryGetProperty(name, out _);

    /// <summary>A text: a name, a state, a path.</summary>
    internal string Text() => Text(ForeignBounds.ReplyChars);

    /// <summary>The table that a human monitor prints.</summary>
    internal string Table() => Text(ForeignBounds.ReplyTableChars);

    /// <summary>A whole number.</summary>
    internal long Number() => Value.ValueKind == JsonValueKind.Number && Value.TryGetInt64(out var number) ? number : throw Wrong("is not a whole number");

    /// <summary>A size, a time, a count.</summary>
    internal long Natural() => Number() is var number and >= 0 ? number : throw Wrong("is less than 0");

    /// <summary>An index, or the number of a thread or a descriptor.</summary>
    internal int Small() => Number() is var number and >= 0 and <= int.MaxValue ? (int)number : throw Wrong("is not a number from 0 to 2147483647");

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
        var count = Value.GetArrayLength();
        if (count > ForeignBounds.ReplyItems)
            throw TooLarge($"{count} items");
        var result = new List<T>(count);
        foreach (var item in Value.EnumerateArray())
            result.Add(read(new QmpReply(item, _peer, $"{_place}[{result.Count}]")));
        return result;
    }

    /// <summary>The members that are whole numbers, by name.</summary>
    internal Dictionary<string, long> Numbers()
    {
        if (!IsObject)
            throw Wrong("is not an object");
        var numbers = new Dictionary<string, long>(StringComparer.Ordinal);
        foreach (var member in Value.EnumerateObject())
        {
            if (member.Value.ValueKind == JsonValueKind.Number)
                numbers[NameOf(member)] = new QmpReply(member.Value, _peer, $"{_place}.{NameOf(member)}").Number();
            if (numbers.Count > ForeignBounds.ReplyNumbers)
                throw Wrong("has too many members");
        }

        return numbers;
    }

    /// <summary>A copy that can be changed; for what is passed on to another QEMU as it came.</summary>
    internal JsonObject Object()
    {
        if (!IsObject)
            throw Wrong("is not an object");
        try
        {
            // Through its members: otherwise it would be read only when somebody asks for one, far from here.
            return (JsonObject)JsonObject.Create(Value)!.DeepClone();
        }
        catch (Exception exception) when (exception is InvalidOperationException or ArgumentException)
        {
            throw Wrong("has members that cannot be read");
        }
    }

    internal QmpProtocolException Wrong(string how) => new(QmpFault.Malformed, $"QEMU ({_peer}) answered with a {_place} that {how}.");

    private QmpProtocolException TooLarge(string size) =>
        new(QmpFault.TooLarge, $"QEMU ({_peer}) answered with a {_place} of {size}, which is more than is believed.");

    private string NameOf(JsonProperty member)
    {
        try
        {
            return member.Name;
        }
        catch (InvalidOperationException)
        {
            throw Wrong("has a member whose name cannot be read");
        }
    }

    private string Text(int most)
    {
        try
        {
            var text = Value.ValueKind == JsonValueKind.String ? Value.GetString()! : throw Wrong("is not text");
            return text.Length <= most ? text : throw TooLarge($"{text.Length} characters");
        }
        catch (InvalidOperationException)
        {
            throw Wrong("is not text that can be read");
        }
    }
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
