using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>An argument in JSON form.</summary>
internal sealed class JsonOptionValue : OptionValue
{
    private readonly JsonObject _object;
    private readonly string? _text;

    internal JsonOptionValue(string text)
    {
        _text = text;
        try
        {
#pragma warning disable RS0030 // The one place: strictly, and what is wrong is said.
            _object = JsonNode.Parse(text, null, new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject
#pragma warning restore RS0030
                ?? throw new CommandLineException($"An option of QEMU's command line is not a JSON object: {text}");
            RequireUnicode(_object);
        }
        catch (JsonException e)
        {
            throw new CommandLineException($"An option of QEMU's command line starts like JSON but does not parse: {e.Message}", e);
        }
        catch (InvalidOperationException e)
        {
            throw new CommandLineException($"An option of QEMU's command line holds text that is not Unicode: {e.Message}", e);
        }
    }

    private JsonOptionValue(JsonObject value) => _object = value;

    internal override bool IsJson => true;

    internal override IReadOnlyList<string> Keys => [.. _object.Select(member => member.Key)];

    internal override string? Text(string key) => _object[key] switch
    {
        null => null,
        JsonValue value => value.GetValueKind() switch
        {
            JsonValueKind.True => "on",
            JsonValueKind.False => "off",
            JsonValueKind.String => value.GetValue<string>(),
            _ => value.ToJsonString(),
        },
        var node => node.ToJsonString(),
    };

    internal override string? Implied(string key) => Text(key);

    internal override OptionValue With(string key, JsonValue value)
    {
        var copy = ToJson();
        copy[key] = value.DeepClone();
        return new JsonOptionValue(copy);
    }

    internal override OptionValue Without(string key)
    {
        var copy = ToJson();
        copy.Remove(key);
        return new JsonOptionValue(copy);
    }

    internal override string Render() => _text ?? _object.ToJsonString();

    /// <summary>A copy of the object, typed as it came.</summary>
    internal JsonObject ToJson() => (JsonObject)_object.DeepClone();

    // JSON can escape half of a character; whoever asks for such a text later, in whatever depth, would be thrown at.
    private static void RequireUnicode(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach (var member in members)
                    RequireUnicode(member.Value);
                break;
            case JsonArray items:
                foreach (var item in items)
                    RequireUnicode(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }
}
