using System.Runtime.InteropServices;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Journal;

/// <summary>A tap of the source as it was before the target got it.</summary>
/// <param name="Descriptor">The number of its first queue in the source.</param>
/// <param name="Device">Its settings.</param>
public sealed record SavedTap(int Descriptor, TapDevice Device)
{
    /// <summary>The numbers, in the source, of the queues that its guest used; none in journals of before there were several.</summary>
    public IReadOnlyList<int> Attached { get => field ?? []; init; }

    /// <summary>The numbers, in the source, of its other queues.</summary>
    public IReadOnlyList<int> Detached { get => field ?? []; init; }

    /// <summary>Gives the source its tap back: exactly the queues that its guest used, and its settings.</summary>
    /// <param name="queueOf">A descriptor of the queue with a number in the source.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    internal void Restore(Func<int, SafeHandle> queueOf)
    {
        foreach (var number in Attached)
            TapQueue.Attach(queueOf(number));
        foreach (var number in Detached)
            TapQueue.Detach(queueOf(number));
        Device.Restore(queueOf(Descriptor));
    }

    /// <inheritdoc/>
    public bool Equals(SavedTap? other) =>
        other is not null && (Descriptor, Device) == (other.Descriptor, other.Device)
        && Attached.SequenceEqual(other.Attached) && Detached.SequenceEqual(other.Detached);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Descriptor, Device, Attached.Count);
}
