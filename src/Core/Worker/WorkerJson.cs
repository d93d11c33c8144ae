using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using VirtHandover.Foreign;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>One request on its way.</summary>
/// <param name="Call">Its number, which the replies bear; larger than all before it on the connection.</param>
/// <param name="Request">The request.</param>
internal sealed record Asked(long Call, WorkerRequest Request);

/// <summary>One reply on its way.</summary>
/// <param name="Call">The number of the request.</param>
/// <param name="Reply">The reply; <see cref="WorkerReply.Done"/> and <see cref="WorkerReply.Failed"/> are the last ones of a call.</param>
internal sealed record Told(long Call, WorkerReply Reply);

/// <summary>The JSON between front and worker, one object a line. Both are of one build, so that whatever is not exactly right is wrong.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true,
    IgnoreReadOnlyProperties = true,
    MaxDepth = 16)]
[JsonSerializable(typeof(Asked))]
[JsonSerializable(typeof(Told))]
internal sealed partial class WorkerJson : JsonSerializerContext
{
    /// <summary>Bytes of a line, in either direction. The longest is a report with a hundred findings.</summary>
    internal const int LineBytes = 1024 * 1024;

    /// <summary>A message as its line.</summary>
    /// <exception cref="WorkerException">It would be too long.</exception>
    internal static byte[] Write<T>(T message, JsonTypeInfo<T> type)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(message, type);
        return json.Length < LineBytes
            ? [.. json, (byte)'\n']
            : throw new WorkerException($"A message of {json.Length} bytes is longer than front and worker allow each other.");
    }

    /// <summary>A line as its message.</summary>
    /// <exception cref="WorkerException">It is none.</exception>
    internal static T Read<T>(ReadOnlySpan<byte> line, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return ForeignJson.Read(line, type);
        }
        catch (ForeignJsonException e)
        {
            throw new WorkerException($"A line is no message: {e.Message}");
        }
    }
}
