namespace VirtHandover.Handover.Journal;

/// <summary>Migration settings of one QEMU, to be put back.</summary>
/// <param name="Capabilities">By name, as <c>query-migrate-capabilities</c> has them; only those that a handover changes.</param>
/// <param name="MaxBandwidth"><c>max-bandwidth</c>, bytes per second.</param>
/// <param name="DowntimeLimit"><c>downtime-limit</c>, ms.</param>
public sealed record MigrationValues(IReadOnlyDictionary<string, bool> Capabilities, long MaxBandwidth, long DowntimeLimit);
