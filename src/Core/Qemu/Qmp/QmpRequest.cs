using System.Buffers;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A command on its way: what is written, and who waits for the reply.</summary>
internal sealed class QmpRequest
{
    /// <summary>The capability of a monitor that takes commands before earlier ones are done.</summary>
    internal const string TakeAhead = "oob";

    // Continuations run on the reading thread: a hop to the pool costs 30 µs on an idle host and ms on a busy one (measured), and a
    // pause has ten of them.
    private readonly TaskCompletionSource<JsonElement> _reply = new();

    internal QmpRequest(string command) => Command = command;

    internal string Command { get; }

    internal Task<JsonElement> Reply => _reply.Task;

    internal void Succeed(JsonElement value) => _reply.TrySetResult(value);

    internal void Fail(Exception e)
    {
        _reply.TrySetException(e);

        // Nobody may be waiting any more; an unobserved failure is no event of its own.
        _ = _reply.Task.Exception;
    }

    /// <summary>The command as one line.</summary>
    internal static ArrayBufferWriter<byte> Write(string command, JsonObject? arguments, long id)
    {
        var buffer = new ArrayBufferWriter<byte>(256);
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            json.WriteString("execute"u8, command);
            if (arguments is not null)
            {
                json.WritePropertyName("arguments"u8);
                arguments.WriteTo(json);
            }

            json.WriteNumber("id"u8, id);
            json.WriteEndObject();
        }

        buffer.Write("\n"u8);
        return buffer;
    }
}
