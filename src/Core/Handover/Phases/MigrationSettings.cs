using System.Text.Json.Nodes;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The migration settings of a QEMU for the time of a handover. They are put back afterwards: a later <c>virsh migrate</c> or
/// <c>save</c> with <c>x-ignore-shared</c> still on would leave out the guest's memory.
/// </summary>
internal static class MigrationSettings
{
    /// <summary>Far above what memory can do.</summary>
    internal const long Unlimited = 1L << 40;

    private static readonly string[] Capabilities =
        ["x-ignore-shared", "return-path", "validate-uuid", "events", "late-block-activate", "pause-before-switchover"];

    // A handover does not change them; a target has to be given the source's.
    private static readonly string[] OtherParameters = ["xbzrle-cache-size", "max-postcopy-bandwidth"];

    /// <summary>Reads how they are now.</summary>
    internal static async Task<MigrationValues> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var known = await qmp.QueryMigrateCapabilitiesAsync(cancellationToken).ConfigureAwait(false);
        var parameters = await qmp.AskAsync("query-migrate-parameters", null, cancellationToken).ConfigureAwait(false);
        return new MigrationValues(
            Capabilities.Where(known.ContainsKey).ToDictionary(name => name, name => known[name], StringComparer.Ordinal),
            parameters["max-bandwidth"].Natural(),
            parameters["downtime-limit"].Natural())
        {
            Others = Others(parameters),
        };
    }

    private static Dictionary<string, long> Others(QmpReply parameters) => OtherParameters
        .Where(name => parameters.Find(name) is not null)
        .ToDictionary(name => name, name => parameters[name].Number(), StringComparer.Ordinal);

    /// <summary>Sets them for a handover.</summary>
    /// <param name="qmp">Source or target.</param>
    /// <param name="now">What it has, and so knows.</param>
    /// <param name="method">Shared memory is left out of the stream, private memory is not.</param>
    /// <param name="pauseBeforeSwitchover">Source of a copy only: wait with the guest stopped until told to go on.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static async Task ApplyAsync(
        IQmpChannel qmp, MigrationValues now, RamMethod method, bool pauseBeforeSwitchover, CancellationToken cancellationToken)
    {
        var wanted = new Dictionary<string, bool>(StringComparer.Ordinal)
        {
            ["x-ignore-shared"] = method == RamMethod.Shared,
            ["return-path"] = true,
            ["validate-uuid"] = true,
            ["events"] = true,
            // Before QEMU 10 a target takes the image locks as soon as it has loaded; with this it waits for 'cont'.
            ["late-block-activate"] = true,
            ["pause-before-switchover"] = pauseBeforeSwitchover,
        };
        await qmp.MigrateSetCapabilitiesAsync(
            wanted.Where(entry => now.Capabilities.ContainsKey(entry.Key)).ToDictionary(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
        await SetRateAsync(qmp, Unlimited, downtimeMilliseconds: 2000, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sets rate and downtime.</summary>
    internal static Task SetRateAsync(IQmpChannel qmp, long bytesPerSecond, long downtimeMilliseconds, CancellationToken cancellationToken) =>
        qmp.MigrateSetParametersAsync(
            new JsonObject { ["max-bandwidth"] = bytesPerSecond, ["downtime-limit"] = downtimeMilliseconds }, cancellationToken);

    /// <summary>
    /// Gives a QEMU the values that were read before, of itself or, for a target, of the source: what libvirt set there. Without
    /// <c>events</c>, which libvirt sets when it starts a QEMU and not when it adopts one, a later <c>virsh save</c> fails.
    /// </summary>
    internal static async Task RestoreAsync(IQmpChannel qmp, MigrationValues values, CancellationToken cancellationToken)
    {
        var known = await qmp.QueryMigrateCapabilitiesAsync(cancellationToken).ConfigureAwait(false);
        await qmp.MigrateSetCapabilitiesAsync(
            Capabilities.Where(known.ContainsKey).ToDictionary(name => name, name => values.Capabilities.GetValueOrDefault(name), StringComparer.Ordinal),
            cancellationToken).ConfigureAwait(false);
        await SetRateAsync(qmp, values.MaxBandwidth, values.DowntimeLimit, cancellationToken).ConfigureAwait(false);
        var now = Others(await qmp.AskAsync("query-migrate-parameters", null, cancellationToken).ConfigureAwait(false));
        var changed = new JsonObject();
        foreach (var (name, value) in values.Others.Where(entry => now.TryGetValue(entry.Key, out var other) && other != entry.Value))
            changed[name] = value;
        if (changed.Count > 0)
            await qmp.MigrateSetParametersAsync(changed, cancellationToken).ConfigureAwait(false);
    }
}
