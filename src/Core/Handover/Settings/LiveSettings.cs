using System.Globalization;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Settings;

/// <summary>
/// What was set on a running QEMU through its monitor and can be read again: neither the command line nor the migration stream knows
/// it. What cannot be read of QEMU is read of libvirt (<see cref="DomainSettings"/>).
/// </summary>
internal sealed record LiveSettings
{
    /// <summary>A QEMU on which nothing was set.</summary>
    internal static LiveSettings None { get; } = new();

    /// <summary>The limits of each disk that has a medium.</summary>
    public IReadOnlyList<DiskLimits> Limits { get; init; } = [];

    /// <summary>Where a node's writes raise an event, in bytes, by node.</summary>
    public IReadOnlyDictionary<string, long> Thresholds { get; init; } = new Dictionary<string, long>(StringComparer.Ordinal);

    /// <summary>How each I/O thread polls, and its pool.</summary>
    public IReadOnlyList<IoThreadValues> IoThreads { get; init; } = [];

    /// <summary>The rate of the guest's writes is being measured.</summary>
    public bool IsMeasuring { get; init; }

    /// <summary>Reads all of it; the questions do not wait for each other.</summary>
    /// <exception cref="QmpException">QEMU refused a command.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<LiveSettings> ReadAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var limits = qmp.QueryDiskLimitsAsync(cancellationToken);
        var thresholds = qmp.QueryWriteThresholdsAsync(cancellationToken);
        var threads = qmp.QueryIoThreadValuesAsync(cancellationToken);
        var measuring = qmp.IsMeasuringDirtyRateAsync(cancellationToken);
        await Task.WhenAll(limits, thresholds, threads, measuring).ConfigureAwait(false);
        return new LiveSettings
        {
            Limits = await limits.ConfigureAwait(false),
            Thresholds = await thresholds.ConfigureAwait(false),
            IoThreads = await threads.ConfigureAwait(false),
            IsMeasuring = await measuring.ConfigureAwait(false),
        };
    }

    /// <summary>What of these settings another QEMU does not have, one sentence each. What only the other one knows of is its own business.</summary>
    internal IReadOnlyList<string> MissingIn(LiveSettings other)
    {
        var theirs = other.Sentences().ToHashSet(StringComparer.Ordinal);
        return [.. Sentences().Where(sentence => !theirs.Contains(sentence))];
    }

    /// <summary>True when both say the same, whatever order they say it in.</summary>
    internal bool IsSameAs(LiveSettings other) => MissingIn(other).Count == 0 && other.MissingIn(this).Count == 0;

    // A value of 0 is "off" or "as QEMU likes it"; a QEMU that does not know the setting at all has it so.
    private IEnumerable<string> Sentences() =>
    [
        .. Limits.SelectMany(disk => disk.Values.Select(limit => Text($"The disk '{disk.Disk}' has the limit {limit.Key} = {limit.Value}."))),
        .. Limits.Where(disk => disk.Values.Count > 0).Select(disk => $"The limits of the disk '{disk.Disk}' belong to the group '{disk.Group}'."),
        .. Thresholds.Select(node => Text($"The block node '{node.Key}' reports writes beyond {node.Value} bytes.")),
        .. IoThreads.SelectMany(thread => thread.Values.Where(value => value.Value != 0)
            .Select(value => Text($"The I/O thread '{thread.Id}' has {value.Key} = {value.Value}."))),
    ];

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
