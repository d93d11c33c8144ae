using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A descriptor in an fd set, as QEMU numbers it.</summary>
internal sealed record FdsetFd(int Fd, string? Opaque);

/// <summary>One fd set (<c>-add-fd</c>, <c>add-fd</c>).</summary>
internal sealed record Fdset(int Id, IReadOnlyList<FdsetFd> Fds);

/// <summary>Passing descriptors to QEMU. Only over a UNIX socket of its own, or libvirt's call with files.</summary>
internal static class FdCommands
{
    /// <summary><c>getfd</c>: gives QEMU a copy of <paramref name="fd"/> under a name that <c>netdev_add</c>, <c>migrate</c> and others take.</summary>
    internal static Task GetFdAsync(this IQmpChannel qmp, string name, int fd, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("getfd", new JsonObject { ["fdname"] = name }, [fd], cancellationToken);

    /// <summary><c>closefd</c>: drops a named descriptor that nothing has taken.</summary>
    internal static Task CloseFdAsync(this IQmpChannel qmp, string name, CancellationToken cancellationToken = default) =>
        qmp.ExecuteAsync("closefd", new JsonObject { ["fdname"] = name }, null, cancellationToken);

    /// <summary><c>query-fdsets</c>.</summary>
    internal static async Task<IReadOnlyList<Fdset>> QueryFdsetsAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-fdsets",
            null,
            set => new Fdset(set["fdset-id"].Small(), set["fds"].Each(fd => new FdsetFd(fd["fd"].Small(), fd.Find("opaque")?.Text()))),
            cancellationToken).ConfigureAwait(false);
}
