using VirtHandover.Handover.Settings;
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

    /// <summary>The state of a memory dump.</summary>
    public string Dump { get; init; } = "none";

    /// <summary>Its fd sets.</summary>
    public IReadOnlyList<Fdset> Fdsets { get; init; } = [];

    /// <summary>The vCPUs that were plugged.</summary>
    public IReadOnlyList<PluggedCpu> PluggedCpus { get; init; } = [];

    /// <summary>The devices (ids) in which the guest has a USB device of a SPICE client.</summary>
    public IReadOnlyList<string> LentUsb { get; init; } = [];

    /// <summary>What was set on it while it ran.</summary>
    public LiveSettings Settings { get; init; } = LiveSettings.None;

    /// <summary>Reads all of it: some 15 commands (<see cref="SourceCommands"/>), none of which waits for another.</summary>
    /// <param name="qmp">The source's monitor.</param>
    /// <param name="line">The command line that it stands for.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<LiveFacts> ReadAsync(IQmpChannel qmp, CommandLine line, CancellationToken cancellationToken = default)
    {
        var state = qmp.QueryStatusAsync(cancellationToken);
        var migration = qmp.QueryMigrateAsync(cancellationToken);
        var jobs = qmp.QueryJobsAsync(cancellationToken);
        var blockJobs = qmp.QueryBlockJobsAsync(cancellationToken);
        var dump = qmp.QueryDumpAsync(cancellationToken);
        var fdsets = qmp.QueryFdsetsAsync(cancellationToken);
        var devices = DeviceSnapshot.ReadAsync(qmp, line, cancellationToken);
        var settings = LiveSettings.ReadAsync(qmp, cancellationToken);
        await Task.WhenAll(state, migration, jobs, blockJobs, dump, fdsets, devices, settings).ConfigureAwait(false);
        var made = await devices.ConfigureAwait(false);
        return new LiveFacts
        {
            PluggedCpus = await PluggedCpu.ReadAsync(qmp, made.Peripherals, cancellationToken).ConfigureAwait(false),
            State = await state.ConfigureAwait(false),
            Migration = await migration.ConfigureAwait(false),
            Jobs = [.. (await jobs.ConfigureAwait(false)).Concat(await blockJobs.ConfigureAwait(false)).DistinctBy(job => job.Id)],
            Dump = await dump.ConfigureAwait(false),
            Fdsets = await fdsets.ConfigureAwait(false),
            Devices = made,
            LentUsb = await UsbRedirection.LentAsync(qmp, line, made.Peripherals, cancellationToken).ConfigureAwait(false),
            Settings = await settings.ConfigureAwait(false),
        };
    }
}
