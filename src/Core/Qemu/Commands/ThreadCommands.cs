namespace VirtHandover.Qemu;

/// <summary>A vCPU (<c>query-cpus-fast</c>).</summary>
internal sealed record VirtualCpu(int Index, int ThreadId, string QomPath);

/// <summary>An I/O thread (<c>query-iothreads</c>).</summary>
internal sealed record IoThread(string Id, int ThreadId);

/// <summary>QEMU's threads, by what they do. Thread ids are those of QEMU's pid namespace.</summary>
internal static class ThreadCommands
{
    /// <summary><c>query-cpus-fast</c>.</summary>
    internal static async Task<IReadOnlyList<VirtualCpu>> QueryCpusFastAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-cpus-fast",
            null,
            cpu => new VirtualCpu(cpu["cpu-index"].Small(), cpu["thread-id"].Small(), cpu["qom-path"].Text()),
            cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-iothreads</c>.</summary>
    internal static async Task<IReadOnlyList<IoThread>> QueryIothreadsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync("query-iothreads", null, t => new IoThread(t["id"].Text(), t["thread-id"].Small()), cancellationToken)
            .ConfigureAwait(false);
}
