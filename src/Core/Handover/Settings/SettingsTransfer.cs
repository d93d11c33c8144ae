using System.Globalization;
using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Settings;

/// <summary>
/// Gives the twin the settings of the source while the guest still runs there. Afterwards both are asked for them: what did not
/// arrive refuses the handover, and nobody has noticed.
/// </summary>
internal static class SettingsTransfer
{
    /// <summary>Gives them.</summary>
    /// <param name="source">What was read of the source.</param>
    /// <param name="domain">The definition in the status file.</param>
    /// <param name="line">The logical command line.</param>
    /// <param name="twin">The target, waiting for its stream.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="RefusedException">One of them does not take.</exception>
    internal static async Task ApplyAsync(LiveSettings source, DomainXml domain, CommandLine line, IQmpChannel twin, CancellationToken cancellationToken)
    {
        var before = await LiveSettings.ReadAsync(twin, cancellationToken).ConfigureAwait(false);
        foreach (var replay in (IEnumerable<Replay>)[.. Differences(source, before), .. DomainSettings.Early(domain, line)])
            await SetAsync(replay, twin, cancellationToken).ConfigureAwait(false);
        var missing = source.MissingIn(await LiveSettings.ReadAsync(twin, cancellationToken).ConfigureAwait(false));
        if (missing.Count > 0)
            throw new RefusedException([.. missing.Select(sentence => FindingCodes.SettingDiff.Says(sentence))]);
    }

    /// <summary>Sets one thing.</summary>
    /// <exception cref="RefusedException">QEMU does not take it.</exception>
    internal static async Task SetAsync(Replay replay, IQmpChannel qmp, CancellationToken cancellationToken)
    {
        try
        {
            await qmp.ExecuteAsync(replay.Command, (JsonObject)replay.Arguments.DeepClone(), null, cancellationToken).ConfigureAwait(false);
        }
        catch (QmpException exception)
        {
            throw new RefusedException([FindingCodes.SettingDiff.Says($"{replay.Meaning} cannot be set: {exception.Message.TrimEnd('.')}.")]);
        }
    }

    /// <summary>The commands that bring a twin from what it has to what the source has.</summary>
    internal static IReadOnlyList<Replay> Differences(LiveSettings source, LiveSettings twin)
    {
        var replays = new List<Replay>();
        foreach (var (now, wanted) in from theirs in twin.Limits join ours in source.Limits on theirs.Disk equals ours.Disk select (theirs, ours))
        {
            if (now.Group != wanted.Group || !Same(now.Values, wanted.Values))
                replays.Add(new Replay($"The I/O limits of the disk '{wanted.Disk}'", "block_set_io_throttle", Limits(wanted)));
        }

        foreach (var (node, bytes) in source.Thresholds.Where(node => twin.Thresholds.GetValueOrDefault(node.Key) != node.Value))
        {
            replays.Add(new Replay(
                $"The write threshold of the block node '{node}'", "block-set-write-threshold", new JsonObject { ["node-name"] = node, ["write-threshold"] = bytes }));
        }

        foreach (var (now, wanted) in from theirs in twin.IoThreads join ours in source.IoThreads on theirs.Id equals ours.Id select (theirs, ours))
        {
            // The smallest pool must never be above the largest on the way.
            var largest = now.Values.GetValueOrDefault("thread-pool-max", long.MaxValue);
            var largestFirst = wanted.Values.GetValueOrDefault("thread-pool-min") > largest;
            foreach (var (name, value) in wanted.Values.Where(value => now.Values.TryGetValue(value.Key, out var other) && other != value.Value)
                .OrderBy(value => largestFirst && value.Key == "thread-pool-min" ? 1 : 0))
            {
                replays.Add(new Replay(
                    string.Create(CultureInfo.InvariantCulture, $"{name} of the I/O thread '{wanted.Id}'"),
                    "qom-set",
                    new JsonObject { ["path"] = "/objects/" + wanted.Id, ["property"] = name, ["value"] = value }));
            }
        }

        return replays;
    }

    private static JsonObject Limits(DiskLimits disk)
    {
        var arguments = new JsonObject { ["id"] = disk.Disk };
        if (disk.Group.Length > 0)
            arguments["group"] = disk.Group;
        foreach (var name in SettingCommands.BasicLimits)
            arguments[name] = disk.Values.GetValueOrDefault(name);
        foreach (var (name, value) in disk.Values.Where(value => !SettingCommands.BasicLimits.Contains(value.Key)))
            arguments[name] = value;
        return arguments;
    }

    private static bool Same(IReadOnlyDictionary<string, long> one, IReadOnlyDictionary<string, long> other) =>
        one.Count == other.Count && one.All(entry => other.TryGetValue(entry.Key, out var value) && value == entry.Value);
}
