namespace VirtHandover.Qemu;

/// <summary>A machine type of a binary (<c>query-machines</c>).</summary>
internal sealed record MachineType(string Name, string? Alias, bool IsDeprecated, string? DefaultRamId);

/// <summary>What a binary can be.</summary>
internal static class MachineCommands
{
    /// <summary><c>query-machines</c>.</summary>
    internal static async Task<IReadOnlyList<MachineType>> QueryMachinesAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        await qmp.ListAsync(
            "query-machines",
            null,
            m => new MachineType(m["name"].Text(), m.Find("alias")?.Text(), m.Find("deprecated")?.Flag() ?? false, m.Find("default-ram-id")?.Text()),
            cancellationToken).ConfigureAwait(false);

    /// <summary><c>query-kvm</c>: true when the guest runs under KVM.</summary>
    internal static async Task<bool> QueryKvmAsync(this IQmpChannel qmp, CancellationToken cancellationToken = default) =>
        (await qmp.AskAsync("query-kvm", null, cancellationToken).ConfigureAwait(false))["enabled"].Flag();
}
