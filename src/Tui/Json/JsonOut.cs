using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace VirtHandover.Tui.Json;

/// <summary>Writes the documents; one line each where a stream of them is wanted.</summary>
internal static class JsonOut
{
    public const int Schema = 1;

    private static readonly JsonContext Indented = new(Options(indented: true));
    private static readonly JsonContext OneLine = new(Options(indented: false));

    public static string Text<T>(T document, Func<JsonContext, JsonTypeInfo<T>> type, bool oneLine = false) =>
        JsonSerializer.Serialize(document, type(oneLine ? OneLine : Indented));

    private static JsonSerializerOptions Options(bool indented) => new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        WriteIndented = indented,
        // Control characters stay escaped; letters beyond ASCII and apostrophes stay readable.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };
}

[JsonSerializable(typeof(ListJson))]
[JsonSerializable(typeof(ShowJson))]
[JsonSerializable(typeof(ActionsJson))]
[JsonSerializable(typeof(RunJson))]
[JsonSerializable(typeof(HistoryJson))]
[JsonSerializable(typeof(StatusJson))]
[JsonSerializable(typeof(QueueJson))]
[JsonSerializable(typeof(PolicyDocumentJson))]
[JsonSerializable(typeof(PausesJson))]
[JsonSerializable(typeof(ReadinessListJson))]
[JsonSerializable(typeof(EventJson))]
internal sealed partial class JsonContext : JsonSerializerContext;
