using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>A running QEMU's own account: what it is made of and what it is doing.</summary>
internal sealed record LiveFacts
{
    /// <summary>What it is made of.</summary>
    public required DeviceSnapshot Devices { get; init; }

    /// <summary>Whether it runs.</summary>
    public required RunState State { get; init; }

    /// <summary>Its migration, if any, and what speaks against one.</summary>
    public required MigrationInfo Migration { get; init; }

    /// <summary>Its jobs, block jobs included.</summary>
    public IReadOnlyList<QemuJob> Jobs { get; init; } = [];

    /// <summary>Its NBD and other exports.</summary>
    public IReadOnlyList<string> Exports { get; init; } = [];

    /// <summary>The state of a memory dump.</summary>
    public string Dump { get; init; } = "none";

    /// <summary>Its fd sets.</summary>
    public IReadOnlyList<Fdset> Fdsets { get; init; } = [];

    /// <summary>Where VNC listens.</summary>
    public IReadOnlyList<VncListener> Vnc { get; init; } = [];

    /// <summary>Reads all of it: some 25 round trips and three per virtio device.</summary>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<LiveFacts> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken = default)
    {
        var jobs = await qmp.QueryJobsAsync(cancellationToken).ConfigureAwait(false);
        var blockJobs = await qmp.QueryBlockJobsAsync(cancellationToken).ConfigureAwait(false);
        return new LiveFacts
        {
            State = await qmp.QueryStatusAsync(cancellationToken).ConfigureAwait(false),
            Migration = await qmp.QueryMigrateAsync(cancellationToken).ConfigureAwait(false),
            Jobs = [.. jobs.Concat(blockJobs).DistinctBy(job => job.Id)],
            Exports = await qmp.QueryBlockExportsAsync(cancellationToken).ConfigureAwait(false),
            Dump = await qmp.QueryDumpAsync(cancellationToken).ConfigureAwait(false),
            Fdsets = await qmp.QueryFdsetsAsync(cancellationToken).ConfigureAwait(false),
            Vnc = await VncAsync(qmp, cancellationToken).ConfigureAwait(false),
            Devices = await DeviceSnapshot.ReadAsync(qmp, cancellationToken).ConfigureAwait(false),
        };
    }

    // A QEMU may be built without VNC.
    private static async Task<IReadOnlyList<VncListener>> VncAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        try
        {
            return await qmp.QueryVncServersAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException e) when (e.IsUnknownCommand)
        {
            return [];
        }
    }
}
