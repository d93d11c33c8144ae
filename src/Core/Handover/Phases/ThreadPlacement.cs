using System.Globalization;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// The control groups and CPUs of vCPU and I/O threads. libvirt sets them when a domain starts and never again. Their numbers are what QEMU says: each is
/// looked up below its process.
/// </summary>
internal static class ThreadPlacement
{
    /// <summary>Reads the source's.</summary>
    /// <exception cref="HandoverException">QEMU names a thread that is not its own.</exception>
    internal static async Task<IReadOnlyList<PlacedThread>> ReadAsync(ProcessHandle process, IQmpChannel qmp, CancellationToken cancellationToken)
    {
        List<PlacedThread> placed = [];
        foreach (var (meaning, id) in await ThreadsAsync(qmp, cancellationToken).ConfigureAwait(false))
        {
            using var thread = HeldThread.Find(process, id) ?? throw new HandoverException(Foreign($"The VM's QEMU (process {process.Id})", meaning, id));
            placed.Add(new PlacedThread(meaning, Cgroups.OfThread(process.Id, id), ThreadAffinity.Of(thread)) { Thread = id });
        }

        return placed;
    }

    /// <summary>Puts the target's threads where the source's were. What fails is a sentence.</summary>
    internal static async Task ApplyAsync(
        IReadOnlyList<PlacedThread> placed, ProcessHandle target, IQmpChannel qmp, List<string> warnings, CancellationToken cancellationToken = default)
    {
        var threads = await ThreadsAsync(qmp, cancellationToken).ConfigureAwait(false);
        foreach (var old in placed)
        {
            if (!threads.TryGetValue(old.Meaning, out var id))
            {
                warnings.Add($"The new QEMU has no thread for {old.Meaning}.");
                continue;
            }

            using var thread = HeldThread.Find(target, id);
            if (thread is null)
            {
                warnings.Add(Foreign($"The new QEMU (process {target.Id})", old.Meaning, id));
                continue;
            }

            warnings.AddRange(old.Groups.TryJoinThread(thread));
            try
            {
                old.Cpus.ApplyTo(thread);
            }
            catch (LinuxException exception)
            {
                warnings.Add(exception.Message);
            }
        }
    }

    /// <summary>The threads that libvirt knows, by what they do, as QEMU says.</summary>
    internal static async Task<Dictionary<string, int>> ThreadsAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var threads = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var cpu in await qmp.QueryCpusFastAsync(cancellationToken).ConfigureAwait(false))
            threads[string.Create(CultureInfo.InvariantCulture, $"vCPU {cpu.Index}")] = cpu.ThreadId;
        foreach (var io in await qmp.QueryIothreadsAsync(cancellationToken).ConfigureAwait(false))
            threads["I/O thread " + io.Id] = io.ThreadId;
        return threads;
    }

    private static string Foreign(string process, string meaning, int id) =>
        string.Create(CultureInfo.InvariantCulture, $"{process} names {id} as the thread of its {meaning}, which is none of its own; nothing was set for it.");
}
