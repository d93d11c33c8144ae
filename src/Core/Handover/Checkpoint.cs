using System.Diagnostics.CodeAnalysis;

namespace VirtHandover.Handover;

/// <summary>
/// The named points of a handover at which the chaos tests hold it to do it harm. A point is held while a FIFO of its name lies in
/// the directory, which only root can put there: the handover waits until somebody has opened it for writing and closed it again.
/// Without the directory a point costs one failed <c>access(2)</c>.
/// </summary>
internal static class Checkpoint
{
    /// <summary>Where the FIFOs lie.</summary>
    internal const string Directory = "/run/virt-handover/checkpoints";

    /// <summary>Every point, in the order in which a handover reaches them; those of a copy are reached before libvirt is stopped, by a copy only.</summary>
    internal static readonly IReadOnlyList<string> All =
    [
        "begin.read", "begin.journaled",
        "prepare.spawned", "prepare.named", "prepare.connected", "prepare.proven", "prepare.journaled",
        "quiesce.jobs-checked", "quiesce.journaled", "quiesce.daemon-stopped", "quiesce.connected", "quiesce.rechecked", "quiesce.vacated",
        "copy.stopped", "copy.cards-added",
        "perform.set-up", "perform.journaled", "perform.stopped", "perform.cards-added", "perform.sending", "perform.moved",
        "finish.frozen", "finish.committed", "finish.continued",
        "confirm.journaled", "confirm.monitor-renamed", "confirm.status-written", "confirm.machine-taken", "confirm.source-ended", "confirm.restored", "confirm.remembered",
        "confirm.adopting", "confirm.released", "confirm.verified",
    ];

    /// <summary>Says that the handover is at a point, and waits there if a test holds it.</summary>
    /// <param name="name">One of <see cref="All"/>.</param>
    [SuppressMessage("Design", "CA1031", Justification = "A broken test hook must not end a handover.")]
    internal static void Reach(string name)
    {
        var path = Directory + "/" + name;
        if (!File.Exists(path))
            return;
        try
        {
            using var fifo = File.OpenRead(path);
            while (fifo.ReadByte() >= 0)
            {
            }
        }
        catch (Exception)
        {
            // Taken away meanwhile.
        }
    }
}
