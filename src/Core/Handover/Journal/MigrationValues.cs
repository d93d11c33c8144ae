namespace VirtHandover.Handover.Journal;

/// <summary>Migration settings of one QEMU, to be put back.</summary>
/// <param name="Capabilities">By name, as <c>query-migrate-capabilities</c> has them; only those that a handover changes.</param>
/// <param name="MaxBandwidth"><c>max-bandwidth</c>, bytes per second.</param>
/// <param name="DowntimeLimit"><c>downtime-limit</c>, ms.</param>
public sealed record MigrationValues(IReadOnlyDictionary<string, bool> Capabilities, long MaxBandwidth, long DowntimeLimit)
{
    /// <summary>Others that libvirt sets at any time, by QMP name: <c>xbzrle-cache-size</c> (<c>virsh migrate-compcache</c>) and
    /// <c>max-postcopy-bandwidth</c> (<c>virsh migrate-setspeed --postcopy</c>), bytes and bytes per second.</summary>
    public IReadOnlyDictionary<string, long> Others { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);
}
