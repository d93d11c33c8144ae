namespace VirtHandover.Bus.Client;

/// <summary>Everything the service shows on D-Bus at one moment.</summary>
/// <param name="ServiceVersion">The service's version.</param>
/// <param name="Mode"><c>ask</c> or <c>auto</c>.</param>
/// <param name="Alarm">A sentence the administrator has to read, for example that the new QEMU is missing; empty when all is well.</param>
/// <param name="LastScan">When the service last looked at the domains; null before the first scan.</param>
/// <param name="Domains">Every running domain, by name.</param>
public sealed record HostView(
    string ServiceVersion,
    string Mode,
    string Alarm,
    DateTimeOffset? LastScan,
    IReadOnlyList<DomainView> Domains)
{
    /// <summary><c>running</c>, <c>paused</c> (by an administrator or after failed handovers) or <c>held</c> (fleet hold).</summary>
    public string QueueState { get; init; } = "running";

    /// <summary>Why nothing starts, and who says so, in sentences; empty while the queue runs.</summary>
    public string QueueReason { get; init; } = "";

    /// <summary>How long a guest may stand still by the configuration, in µs; 0 when the service does not say.</summary>
    public long PauseBudgetMicroseconds { get; init; }
}
