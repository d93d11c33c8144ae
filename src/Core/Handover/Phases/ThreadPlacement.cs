using System.Globalization;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>The control groups and CPUs of vCPU and I/O threads. libvirt sets them when a domain starts and never again.</summary>
internal static class ThreadPlacement
{
    /// <summary>Reads the source's.</summary>
    internal static async Task<IReadOnlyList<PlacedThread>> ReadAsync(int process, IQmpChannel qmp, CancellationToken cancellationToken) =>
        [.. (await ThreadsAsync(qmp, cancellationToken).ConfigureAwait(false))
            .Select(thread => new PlacedThread(thread.Key, Cgroups.OfThread(process, thread.Value), ThreadAffinity.Of(thread.Value)) { Thread = thread.Value })];

    /// <summary>Puts the target's threads where the source's were. What fails is a sentence.</summary>
    internal static async Task ApplyAsync(IReadOnlyList<PlacedThread> placed, IQmpChannel qmp, List<string> warnings, CancellationToken cancellationToken = default)
    {
        var threads = await ThreadsAsync(qmp, cancellationToken).ConfigureAwait(false);
        foreach (var old in placed)
        {
            if (!threads.TryGetValue(old.Meaning, out var thread))
            {
                warnings.Add($"The new QEMU has no thread for {old.Meaning}.");
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

    /// <summary>The threads that libvirt knows, by what they do.</summary>
    internal static async Task<Dictionary<string, int>> ThreadsAsync(IQmpChannel qmp, CancellationToken cancellationToken)
    {
        var threads = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (var cpu in await qmp.QueryCpusFastAsync(cancellationToken).ConfigureAwait(false))
            threads[string.Create(CultureInfo.InvariantCulture, $"vCPU {cpu.Index}")] = cpu.ThreadId;
        foreach (var io in await qmp.QueryIothreadsAsync(cancellationToken).ConfigureAwait(false))
            threads["I/O thread " + io.Id] = io.ThreadId;
        return threads;
    }
}
