using System.Text.Json;

namespace VirtHandover.Qemu;

/// <summary>One event of QEMU.</summary>
/// <param name="Name">As QMP spells it, for example <c>STOP</c>, <c>RESUME</c>, <c>MIGRATION</c>.</param>
/// <param name="At">QEMU's own timestamp: host clock, µs resolution. The clock is the same for source and target.</param>
/// <param name="Data">The event's data; of kind Undefined when it has none.</param>
public sealed record QmpEvent(string Name, DateTimeOffset At, JsonElement Data)
{
    /// <summary>For <c>MIGRATION</c>: the new status. Null for other events.</summary>
    public string? MigrationStatus => Name == "MIGRATION" ? QmpReply.TextOf(Data, "status") : null;
}
