using System.Text.Json.Serialization;

namespace VirtHandover.Linux;

/// <summary>What <c>busctl --json=short call</c> prints for a method that returns strings or object paths.</summary>
/// <param name="Data">The results.</param>
internal sealed record BusctlTexts([property: JsonPropertyName("data")] IReadOnlyList<string?> Data);

/// <summary>The same for one that returns the properties of a machine.</summary>
/// <param name="Data">The results.</param>
internal sealed record BusctlMachines([property: JsonPropertyName("data")] IReadOnlyList<BusctlMachine?> Data);

/// <summary>A variant with a text.</summary>
/// <param name="Data">The text.</param>
internal sealed record BusctlText([property: JsonPropertyName("data")] string Data);

/// <summary>A variant with a number.</summary>
/// <param name="Data">The number.</param>
internal sealed record BusctlNumber([property: JsonPropertyName("data")] int Data);

/// <summary>A variant with a list of numbers.</summary>
/// <param name="Data">The numbers.</param>
internal sealed record BusctlNumbers([property: JsonPropertyName("data")] IReadOnlyList<int> Data);

/// <summary>The properties of a machine of systemd-machined, as far as they are of use here; it has others.</summary>
internal sealed record BusctlMachine(
    BusctlText Name, BusctlNumbers Id, BusctlText Service, BusctlText Class, BusctlText RootDirectory, BusctlNumbers NetworkInterfaces, BusctlNumber Leader);

/// <summary>The JSON of busctl(1), by its types: what is missing or of another type makes the whole of it unreadable.</summary>
[JsonSourceGenerationOptions(
    MaxDepth = 16,
    AllowDuplicateProperties = false,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(BusctlTexts))]
[JsonSerializable(typeof(BusctlMachines))]
internal sealed partial class BusctlJson : JsonSerializerContext;
