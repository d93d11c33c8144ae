namespace VirtHandover.Logging;

/// <summary>
/// A property of log lines by which systemd's journal can be asked for them. Whoever writes a line may set it by <see cref="About"/>, or have it in the
/// message itself: <c>{Domain}</c>.
/// </summary>
/// <param name="Property">What it is called in this program.</param>
/// <param name="Name">What it is called in the journal.</param>
public sealed record LogField(string Property, string Name)
{
    /// <summary>The kind of the line: a <see cref="MessageKind.Id"/>.</summary>
    public static LogField Kind { get; } = new("Kind", "MESSAGE_ID");

    /// <summary>The VM's name.</summary>
    public static LogField Domain { get; } = new("Domain", "VIRT_HANDOVER_DOMAIN");

    /// <summary>The VM's UUID. A line about several VMs has several.</summary>
    public static LogField Uuid { get; } = new("Uuid", "VIRT_HANDOVER_UUID");

    /// <summary>The handover's number.</summary>
    public static LogField Id { get; } = new("Id", "VIRT_HANDOVER_ID");

    /// <summary>The phase in which a handover has ended that did not go well.</summary>
    public static LogField Phase { get; } = new("Phase", "VIRT_HANDOVER_PHASE");

    /// <summary>The code of what was found and refuses a handover; several for several findings.</summary>
    public static LogField Code { get; } = new("Code", "VIRT_HANDOVER_CODE");

    /// <summary>All of them.</summary>
    public static IReadOnlyList<LogField> All { get; } = [Kind, Domain, Uuid, Id, Phase, Code];
}
