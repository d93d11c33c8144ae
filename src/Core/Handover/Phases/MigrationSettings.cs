using System.Text.Json.Nodes;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The migration settings of one QEMU for the time of a handover. They are put back afterwards: a later <c>virsh migrate</c> or
/// <c>save</c> with <c>x-ignore-shared</c> still on would leave out the guest's memory.
/// </summary>
internal sealed class MigrationSettings
{
    private static readonly string[] Capabilities =
        ["x-ignore-shared", "return-path", "validate-uuid", "events", "late-block-activate", "pause-before-switchover"];

    private readonly IReadOnlyDictionary<string, bool> _capabilities;
    private readonly JsonObject _parameters;

    private MigrationSettings(IReadOnlyDictionary<string, bool> capabilities, JsonObject parameters)
    {
        _capabilities = capabilities;
        _parameters = parameters;
    }

    /// <summary>Reads how they are now.</summary>
    internal static async Task<MigrationSettings> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var known = await qmp.QueryMigrateCapabilitiesAsync(cancellationToken).ConfigureAwait(false);
        var parameters = await qmp.ExecuteAsync("query-migrate-parameters", null, null, cancellationToken).ConfigureAwait(false);
        return new MigrationSettings(
            Capabilities.Where(known.ContainsKey).ToDictionary(name => name, name => known[name], StringComparer.Ordinal),
            new JsonObject
            {
                ["max-bandwidth"] = parameters.GetProperty("max-bandwidth").GetInt64(),
                ["downtime-limit"] = parameters.GetProperty("downtime-limit").GetInt64(),
            });
    }

    /// <summary>Sets them for a handover.</summary>
    /// <param name="qmp">Source or target.</param>
    /// <param name="method">Shared memory is left out of the stream, private memory is not.</param>
    /// <param name="pauseBeforeSwitchover">Source of a copy only: wait with the guest stopped until told to go on.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal async Task ApplyAsync(IQmpChannel qmp, RamMethod method, bool pauseBeforeSwitchover, CancellationToken cancellationToken)
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
            wanted.Where(entry => _capabilities.ContainsKey(entry.Key)).ToDictionary(StringComparer.Ordinal), cancellationToken).ConfigureAwait(false);
        await SetRateAsync(qmp, Unlimited, downtimeMilliseconds: 2000, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Far above what memory can do.</summary>
    internal const long Unlimited = 1L << 40;

    /// <summary>Sets rate and downtime.</summary>
    internal static Task SetRateAsync(IQmpChannel qmp, long bytesPerSecond, int downtimeMilliseconds, CancellationToken cancellationToken) =>
        qmp.MigrateSetParametersAsync(
            new JsonObject { ["max-bandwidth"] = bytesPerSecond, ["downtime-limit"] = downtimeMilliseconds }, cancellationToken);

    /// <summary>Sets QEMU's defaults, where a recovery does not know what was set before.</summary>
    internal static async Task ResetAsync(IQmpChannel qmp)
    {
        var known = await qmp.QueryMigrateCapabilitiesAsync().ConfigureAwait(false);
        await qmp.MigrateSetCapabilitiesAsync(
            Capabilities.Where(name => known.ContainsKey(name) && name != "events").ToDictionary(name => name, _ => false, StringComparer.Ordinal)).ConfigureAwait(false);
        await SetRateAsync(qmp, 128L << 20, 300, CancellationToken.None).ConfigureAwait(false);
    }

    /// <summary>
    /// What the target has to have in the end: what libvirt had set in the source. Without <c>events</c>, which libvirt sets when it
    /// starts a QEMU and not when it adopts one, a later <c>virsh save</c> fails.
    /// </summary>
    internal MigrationSettings WithValuesOf(MigrationSettings source) => new(
        _capabilities.ToDictionary(own => own.Key, own => source._capabilities.GetValueOrDefault(own.Key, own.Value), StringComparer.Ordinal),
        source._parameters);

    /// <summary>Puts them back.</summary>
    internal async Task RestoreAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        await qmp.MigrateSetCapabilitiesAsync(_capabilities, cancellationToken).ConfigureAwait(false);
        await qmp.MigrateSetParametersAsync((JsonObject)_parameters.DeepClone(), cancellationToken).ConfigureAwait(false);
    }
}
