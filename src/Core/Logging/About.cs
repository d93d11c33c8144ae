using Serilog.Core;
using Serilog.Events;

namespace VirtHandover.Logging;

/// <summary>What a line of the log is about: <c>log.ForContext(new About(kind) { … })</c>. It sets the fields of <see cref="LogField"/>.</summary>
/// <param name="Kind">Its kind; null for a line that has none.</param>
public sealed record About(MessageKind? Kind) : ILogEventEnricher
{
    /// <summary>The VM's name: any text; null for none.</summary>
    public string? Domain { get; init; }

    /// <summary>The VM's UUID; null for none.</summary>
    public Guid? Uuid { get; init; }

    /// <summary>The UUIDs of several VMs, instead of <see cref="Uuid"/>.</summary>
    public IReadOnlyList<Guid> Uuids { get; init; } = [];

    /// <summary>The handover's number; null for none.</summary>
    public long? Id { get; init; }

    /// <summary>The handover's phase; null for none.</summary>
    public string? Phase { get; init; }

    /// <summary>Codes of findings.</summary>
    public IReadOnlyList<string> Codes { get; init; } = [];

    /// <inheritdoc/>
    public void Enrich(LogEvent logEvent, ILogEventPropertyFactory propertyFactory)
    {
        ArgumentNullException.ThrowIfNull(logEvent);
        Set(LogField.Kind, Kind?.Id);
        Set(LogField.Domain, Domain);
        Set(LogField.Id, Id);
        Set(LogField.Phase, Phase);
        SetAll(LogField.Uuid, Uuid is { } one ? [one] : Uuids);
        SetAll(LogField.Code, Codes);

        void Set(LogField field, object? value)
        {
            if (value is not null)
                logEvent.AddPropertyIfAbsent(new LogEventProperty(field.Property, new ScalarValue(value)));
        }

        void SetAll<T>(LogField field, IReadOnlyList<T> values)
        {
            if (values.Count > 0)
                logEvent.AddPropertyIfAbsent(new LogEventProperty(field.Property, new SequenceValue(values.Select(value => new ScalarValue(value)))));
        }
    }
}
