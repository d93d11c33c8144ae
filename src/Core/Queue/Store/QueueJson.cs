using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>How upgrades and reports are written into the database.</summary>
[JsonSourceGenerationOptions(
    UseStringEnumConverter = true,
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Upgrade))]
[JsonSerializable(typeof(HandoverReport))]
[JsonSerializable(typeof(QueueControl))]
internal sealed partial class QueueJson : JsonSerializerContext
{
    public static string Write(Upgrade upgrade) => JsonSerializer.Serialize(upgrade, Default.Upgrade);

    public static string Write(HandoverReport report) => JsonSerializer.Serialize(report, Default.HandoverReport);

    public static string Write(QueueControl control) => JsonSerializer.Serialize(control, Default.QueueControl);

    /// <exception cref="StoreException">It is not the state of a queue.</exception>
    public static QueueControl ReadControl(string text, string where) =>
        Read(text, Default.QueueControl, where);

    /// <exception cref="StoreException">It is not an upgrade.</exception>
    public static Upgrade ReadUpgrade(string text, string where) =>
        Read(text, Default.Upgrade, where);

    /// <exception cref="StoreException">It is not a report.</exception>
    public static HandoverReport ReadReport(string text, string where) =>
        Read(text, Default.HandoverReport, where);

    private static T Read<T>(string text, JsonTypeInfo<T> type, string where)
        where T : class
    {
        try
        {
            return ForeignJson.Read(text, type);
        }
        catch (ForeignJsonException e)
        {
            throw new StoreException($"{where} is damaged: {e.Message}", e);
        }
    }
}
