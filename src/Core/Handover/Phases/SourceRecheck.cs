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
        var state = await source.QueryStatusAsync(cancellationToken).ConfigureAwait(false);
        // A copy that ran out of pages has stopped the guest itself; whether it ran before is what Begin saw.
        var stoppedByCopy = prepared.Copy is not null && state.Status is ("paused" or "finish-migrate");
        return state.Status switch
        {
            "running" => true,
            _ when stoppedByCopy => begun.Live.State.IsRunning,
            "paused" => false,
            _ => throw new HandoverException($"The VM is in the state '{state.Status}', from which it cannot be handed over."),
        };
    }

    private static (string, string, bool) Identity(BlockNode node) => (node.NodeName, node.File, node.IsReadOnly);
}
