using System.Text.Json;
using System.Text.Unicode;
using VirtHandover.Foreign;

namespace VirtHandover.Qemu;

/// <summary>Understands one line of QMP. Throws nothing but <see cref="QmpProtocolException"/>, whatever the bytes are.</summary>
internal static class QmpMessageReader
{
    /// <summary>Reads one line.</summary>
    /// <param name="line">The line without its end.</param>
    /// <param name="peer">The QEMU it came from, for the error sentence.</param>
    /// <returns>The message; its JSON does not refer to <paramref name="line"/>.</returns>
    internal static QmpMessage Read(ReadOnlySpan<byte> line, string peer)
    {
        var root = Parse(line, peer);
        if (root.Has("event"))
            return new QmpMessage.Event(ReadEvent(root, line.Length, peer));
        if (root.Find("error") is { } error)
            return new QmpMessage.Error(Id(root), error["class"].Text(), error["desc"].Text());
        if (root.Has("return"))
            return new QmpMessage.Return(Id(root) ?? throw Malformed(peer, "is a reply to nothing"), Member(root, "return"));
        if (root.Find("QMP") is { } hello)
        {
            // Whoever has no version of QEMU's form is none.
            _ = ReadGreeting(hello["version"]);
            return new QmpMessage.Hello(hello.Find("capabilities")?.Each(each => each.Text()).Contains(QmpRequest.TakeAhead) == true);
        }

        throw Malformed(peer, "is neither a reply nor an event");
    }

    /// <summary>Reads a reply that libvirt has passed on; its number is libvirt's own.</summary>
    /// <param name="text">The reply.</param>
    /// <param name="peer">The QEMU it came from.</param>
    /// <param name="command">What it replies to.</param>
    /// <returns>The value of <c>return</c>.</returns>
    /// <exception cref="QmpException">QEMU refused the command.</exception>
    /// <exception cref="QmpProtocolException">It is no reply.</exception>
    internal static JsonElement ReadPassedOn(string text, string peer, string command)
    {
        if (text.Length > QmpLimits.LineBytes)
            throw new QmpProtocolException(QmpFault.TooLarge, $"QEMU ({peer}) answered '{command}' with more than {QmpLimits.LineBytes} bytes.");
        var root = Parse(System.Text.Encoding.UTF8.GetBytes(text), peer);
        if (root.Has("return"))
            return Member(root, "return");
        var error = root["error"];
        throw new QmpException(peer, command, error["class"].Text(), error["desc"].Text());
    }

    /// <summary>Reads the object that both the greeting and <c>query-version</c> carry.</summary>
    internal static QmpGreeting ReadGreeting(QmpReply version)
    {
        var qemu = version["qemu"];
        return new QmpGreeting(new Version(qemu["major"].Small(), qemu["minor"].Small(), qemu["micro"].Small()));
    }

    private static QmpReply Parse(ReadOnlySpan<byte> line, string peer)
    {
        // JsonElement leaves text unchecked until it is asked for; then it would throw far from here.
        if (!Utf8.IsValid(line))
            throw Malformed(peer, "is not UTF-8");
        try
        {
            var root = new QmpReply(QmpReply.Parse(line), peer, "line");
            return root.IsObject ? root : throw Malformed(peer, "is not a JSON object");
        }
        catch (JsonException e)
        {
            throw new QmpProtocolException(QmpFault.Malformed, $"The monitor of {peer} sent a line that is not JSON: {e.Message}", e);
        }
    }

    // JSON null is a value like any other: whoever asked will say what he expected.
    private static JsonElement Member(QmpReply root, string name) => root.Find(name)?.Value ?? default;

    private static long? Id(QmpReply root) => root.Find("id")?.Number();

    private static QmpEvent ReadEvent(QmpReply root, int bytes, string peer)
    {
        if (bytes > ForeignBounds.EventBytes)
            throw new QmpProtocolException(QmpFault.TooLarge, $"The monitor of {peer} sent an event of {bytes} bytes.");
        return new QmpEvent(root["event"].Text(), Timestamp(root["timestamp"]), Member(root, "data"));
    }

    private static DateTimeOffset Timestamp(QmpReply timestamp)
    {
        var seconds = timestamp["seconds"].Number();

        // QEMU says -1 when the host's clock could not be read.
        if (seconds < 0)
            return DateTimeOffset.UnixEpoch;
        // Until the year 3000: what lies beyond is no time that a host has.
        if (seconds > 32_503_680_000)
            throw timestamp.Wrong("is no time");
        return timestamp["microseconds"].Number() is var microseconds and >= 0 and < 1_000_000
            ? DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(microseconds * TimeSpan.TicksPerMicrosecond)
            : throw timestamp.Wrong("is no time");
    }

    private static QmpProtocolException Malformed(string peer, string what) =>
        new(QmpFault.Malformed, $"The monitor of {peer} sent a line that {what}.");
}
