using VirtHandover.Handover.Files;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// A last look at the source when libvirt is gone: between Begin and the daemon's end an API call may have plugged a device, taken
/// a snapshot or paused the guest.
/// </summary>
internal static class SourceRecheck
{
    /// <summary>Ends the handover if the source is not what the twin was made from.</summary>
    /// <returns>True when the guest runs, false when somebody has paused it.</returns>
    /// <exception cref="HandoverException">It has changed; it runs on.</exception>
    /// <exception cref="RefusedException">Its images could not be opened any more, or are others now, or its state is none to be handed over in.</exception>
    internal static async Task<bool> RequireUnchangedAsync(Prepared prepared, IQmpChannel source, CancellationToken cancellationToken)
    {
        var begun = prepared.Begun;
        var peripherals = (await source.QomListAsync("/machine/peripheral", cancellationToken).ConfigureAwait(false))
            .Where(item => item.ChildType is not null).Select(item => item.Name);
        if (!peripherals.ToHashSet(StringComparer.Ordinal).SetEquals(begun.Live.Devices.Peripherals.Keys))
            throw new HandoverException("A device was plugged or unplugged while the handover was being prepared; try again.");
        var nodes = (await source.QueryNamedBlockNodesAsync(cancellationToken).ConfigureAwait(false)).Select(Identity);
        if (!nodes.ToHashSet().SetEquals(begun.Live.Devices.Nodes.Select(Identity)))
            throw new HandoverException("A disk changed (a snapshot, a new medium, a block job) while the handover was being prepared; try again.");
        if ((await source.QueryBlockJobsAsync(cancellationToken).ConfigureAwait(false)).Count > 0)
            throw new HandoverException("A block job began while the handover was being prepared; try again when it has ended.");
        if (await UsbRedirection.LentAsync(source, begun.CommandLine, begun.Live.Devices.Peripherals, cancellationToken).ConfigureAwait(false) is [var lent, ..])
            throw new RefusedException([FindingCodes.UsbRedir.Says($"A SPICE client has lent the guest a USB device by '{lent}' since.")]);
        await RequireSameSettingsAsync(begun, source, cancellationToken).ConfigureAwait(false);
        await TwinFiles.RequireAsync(begun, prepared.Target, cancellationToken).ConfigureAwait(false);
        TwinProcess.RequireRights(begun, prepared.Target);
        var state = await source.QueryStatusAsync(cancellationToken).ConfigureAwait(false);
        // A copy that ran out of pages has stopped the guest itself; whether it ran before is what Begin saw.
        var stoppedByCopy = prepared.Copy is not null && state.Status is ("paused" or "finish-migrate");
        return state.Status switch
        {
            "running" => true,
            _ when stoppedByCopy => begun.Live.State.IsRunning,
            "paused" => false,
            // A guest can bring this about at any moment: it says nothing about the next VM.
            _ => throw new RefusedException([FindingCodes.StateBad.Says($"QEMU's state is '{state.Status}'.")]),
        };
    }

    // The twin has the settings of Begin; whoever has changed one since would find it gone.
    private static async Task RequireSameSettingsAsync(Begun begun, IQmpChannel source, CancellationToken cancellationToken)
    {
        var now = await LiveSettings.ReadAsync(source, cancellationToken).ConfigureAwait(false);
        var before = begun.Live.Settings;
        // A threshold that was reached is gone. The twin keeps it and tells of it once more: with libvirt away nobody has heard.
        var reached = before.Thresholds.Where(node => !now.Thresholds.ContainsKey(node.Key));
        now = now with { Thresholds = now.Thresholds.Concat(reached).ToDictionary(StringComparer.Ordinal) };
        if (!now.IsSameAs(before) || now.IsMeasuring || !DomainSettings.AreSame(StatusFile.Read(begun.Status.Path).Domain, begun.Status.Domain))
            throw new HandoverException($"A setting of VM {begun.Name} was changed while its handover was being prepared; it runs on the old QEMU as before. Try again.");
    }

    private static (string, string, string?, bool) Identity(BlockNode node) => (node.NodeName, node.File, node.BackingFile, node.IsReadOnly);
}
