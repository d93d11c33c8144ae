using System.Text.Json;
using System.Text.Unicode;

namespace VirtHandover.Qemu;

/// <summary>Understands one line of QMP. Throws nothing but <see cref="QmpProtocolException"/>, whatever the bytes are.</summary>
internal static class QmpMessageReader
{
    private static readonly JsonDocumentOptions Options = new() { MaxDepth = QmpLimits.Depth };

    /// <summary>Reads one line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="peer">The QEMU it came from, for the error sentence.</param>
    /// <returns>The message; its JSON does not refer to <paramref name="line"/>.</returns>
    internal static QmpMessage Read(ReadOnlySpan<byte> line, string peer)
    {
        // JsonDocument leaves text unchecked until it is asked for; then it would throw far from here.
        if (!Utf8.IsValid(line))
            throw Malformed(peer, "is not UTF-8");
        var reader = new Utf8JsonReader(line, new JsonReaderOptions { MaxDepth = Options.MaxDepth });
        JsonElement root;
        try
        {
            root = JsonElement.ParseValue(ref reader);
            if (reader.Read())
                throw Malformed(peer, "holds more than one JSON value");
        }
        catch (JsonException e)
        {
            throw new QmpProtocolException(QmpFault.Malformed, $"The monitor of {peer} sent a line that is not JSON: {e.Message}", e);
        }

        if (root.ValueKind != JsonValueKind.Object)
            throw Malformed(peer, "is not a JSON object");
        try
        {
            return Understand(root, peer);
        }
        catch (Exception e) when (e is InvalidOperationException or KeyNotFoundException or FormatException or ArgumentException or OverflowException)
        {
            throw new QmpProtocolException(QmpFault.Malformed, $"The monitor of {peer} sent a line that is not QMP: {e.Message}", e);
        }
    }

    private static QmpMessage Understand(JsonElement root, string peer)
    {
        if (root.TryGetProperty("event", out var name))
            return new QmpMessage.Event(new QmpEvent(name.GetString() ?? "", Timestamp(root), root.TryGetProperty("data", out var data) ? data : default));
        if (root.TryGetProperty("error", out var error))
            return new QmpMessage.Error(
                Id(root),
                error.GetProperty("class").GetString() ?? "",
                error.GetProperty("desc").GetString() ?? "");
        if (root.TryGetProperty("return", out var value))
            return new QmpMessage.Return(Id(root) ?? throw Malformed(peer, "is a reply to nothing"), value);
        if (root.TryGetProperty("QMP", out var hello))
            return new QmpMessage.Hello(ReadGreeting(hello.GetProperty("version")));
        throw Malformed(peer, "is neither a reply nor an event");
    }

    private static long? Id(JsonElement root) => root.TryGetProperty("id", out var id) ? id.GetInt64() : null;

    private static DateTimeOffset Timestamp(JsonElement root)
    {
        var timestamp = root.GetProperty("timestamp");
        var seconds = timestamp.GetProperty("seconds").GetInt64();

        // QEMU says -1 when the host's clock could not be read.
        return seconds < 0
            ? DateTimeOffset.UnixEpoch
            : DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(checked(timestamp.GetProperty("microseconds").GetInt64() * TimeSpan.TicksPerMicrosecond));
    }

    /// <summary>Reads the object that both the greeting and <c>query-version</c> carry.</summary>
    internal static QmpGreeting ReadGreeting(JsonElement version)
    {
        var qemu = version.GetProperty("qemu");
        return new QmpGreeting(
            new Version(qemu.GetProperty("major").GetInt32(), qemu.GetProperty("minor").GetInt32(), qemu.GetProperty("micro").GetInt32()),
            version.TryGetProperty("package", out var package) ? package.GetString() ?? "" : "");
    }

    private static QmpProtocolException Malformed(string peer, string what) =>
        new(QmpFault.Malformed, $"The monitor of {peer} sent a line that {what}.");
}
