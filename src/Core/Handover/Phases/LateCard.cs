using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Phases;

/// <summary>A queue of a network card that comes late.</summary>
/// <param name="Descriptor">A copy of the source's descriptor.</param>
/// <param name="SourceNumber">Its number in the source.</param>
/// <param name="TargetNumber">The number under which the target inherits it.</param>
internal sealed record LateQueue(SafeHandle Descriptor, int SourceNumber, int TargetNumber);

/// <summary>
/// A network card that the target gets only while the guest is paused, because opening a tap a second time resets its header
/// size and offloads, and detaches all queues but the first, under the source's hands.
/// </summary>
/// <param name="Netdev">
/// Arguments of <c>netdev_add</c>. Its <c>fd</c> is a number that the target inherited: <c>getfd</c> would make the queue block, and
/// with it, since the open file is the same, the source's main loop.
/// </param>
/// <param name="Device">Arguments of <c>device_add</c>.</param>
/// <param name="Interface">The tap's name.</param>
/// <param name="Queues">Its queues, in the source's order.</param>
/// <param name="Workers">The numbers under which the target inherits a fresh <c>/dev/vhost-net</c> for each queue; none without vhost-net.</param>
internal sealed record LateCard(
    JsonObject Netdev, JsonObject Device, string Interface, IReadOnlyList<LateQueue> Queues, IReadOnlyList<int> Workers) : IDisposable
{
    /// <summary>Reads its tap as the source has it now.</summary>
    /// <exception cref="LinuxException">It cannot be read.</exception>
    internal SavedTap Save()
    {
        var queues = Queues.ToLookup(queue => TapQueue.IsAttached(queue.Descriptor), queue => queue.SourceNumber);
        return new SavedTap(Queues[0].SourceNumber, TapDevice.Read(Queues[0].Descriptor)) { Attached = [.. queues[true]], Detached = [.. queues[false]] };
    }

    /// <summary>
    /// Attaches all queues; the source stands still. <c>device_add</c> detaches all but the first, and the target ends if one is detached already.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void OfferAll()
    {
        foreach (var queue in Queues)
            TapQueue.Attach(queue.Descriptor);
    }

    /// <summary>Gives the source its tap back.</summary>
    /// <param name="tap">As it was.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void Restore(SavedTap tap) => tap.Restore(number => Queues.First(queue => queue.SourceNumber == number).Descriptor);

    /// <summary>
    /// Brings the queues into the state in which <c>device_add</c> left them, and in which the target believes them: it attaches those that the
    /// guest uses when it loads its state, and ends if one of them is attached already.
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void LeaveFirst()
    {
        foreach (var queue in Queues.Skip(1))
            TapQueue.Detach(queue.Descriptor);
    }

    /// <summary>Lets go of the descriptors.</summary>
    public void Dispose()
    {
        foreach (var queue in Queues)
            queue.Descriptor.Dispose();
    }
}
