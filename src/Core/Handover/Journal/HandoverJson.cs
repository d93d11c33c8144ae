using System.Text.Json.Serialization;
using VirtHandover.Handover.Records;

namespace VirtHandover.Handover.Journal;

/// <summary>The JSON of journals, of the keeper's messages, of records and of the logical command lines of before; one object a line.</summary>
/// <remarks>
/// A member that a line lacks is null or zero, whatever its initializer says: the generated code sets every <c>init</c> member. One that came
/// later gives its default in its getter, so that the lines of before are read.
/// </remarks>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    UseStringEnumConverter = true,
    AllowDuplicateProperties = false,
    MaxDepth = 32)]
[JsonSerializable(typeof(JournalEntry))]
[JsonSerializable(typeof(IReadOnlyList<HandoverRequest>))]
[JsonSerializable(typeof(HandoverNews))]
[JsonSerializable(typeof(LogicalCommandLine))]
[JsonSerializable(typeof(DomainRecord))]
internal sealed partial class HandoverJson : JsonSerializerContext;
