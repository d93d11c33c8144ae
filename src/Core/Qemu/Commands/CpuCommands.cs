using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>A vCPU that was plugged: by libvirt before the guest's first instruction (<c>hotpluggable='yes'</c>), or later with <c>virsh setvcpus</c>.</summary>
/// <param name="Id">Its device id, for example <c>vcpu2</c>.</param>
/// <param name="Arguments">What <c>device_add</c> makes it of again: type, id, and its place in the topology.</param>
internal sealed record PluggedCpu(string Id, JsonObject Arguments)
{
    private const string Peripherals = "/machine/peripheral/";

    /// <summary>Reads them. The places are QEMU's own account of them (<c>query-hotpluggable-cpus</c>, which libvirt asks too), in the order in which they were plugged (<c>query-cpus-fast</c>).</summary>
    /// <param name="qmp">A monitor.</param>
    /// <param name="peripherals">Its devices with an id: only when a processor is among them is anything asked.</param>
    /// <param name="cancellationToken">Stops asking.</param>
    /// <exception cref="QmpException">QEMU refused.</exception>
    /// <exception cref="QmpProtocolException">No usable answer came.</exception>
    internal static async Task<IReadOnlyList<PluggedCpu>> ReadAsync(
        IQmpChannel qmp, IReadOnlyDictionary<string, string> peripherals, CancellationToken cancellationToken)
    {
        if (!peripherals.Values.Any(IsProcessor))
            return [];
        var asked = qmp.ListAsync("query-hotpluggable-cpus", null, Read, cancellationToken);
        var running = await qmp.QueryCpusFastAsync(cancellationToken).ConfigureAwait(false);
        var slots = await asked.ConfigureAwait(false);
        // This one is in the order of plugging, which libvirt tells as a vCPU's 'order'; the slots are in that of their places.
        var order = running.Select((cpu, index) => (cpu.QomPath, index)).DistinctBy(cpu => cpu.QomPath).ToDictionary(StringComparer.Ordinal);
        return [.. slots.OfType<PluggedCpu>().Where(cpu => peripherals.ContainsKey(cpu.Id))
            .OrderBy(cpu => order.GetValueOrDefault(Peripherals + cpu.Id, int.MaxValue))];
    }

    private static bool IsProcessor(string type) =>
        type.EndsWith("-cpu", StringComparison.Ordinal) || type.EndsWith("-cpu-core", StringComparison.Ordinal);

    private static PluggedCpu? Read(QmpReply slot)
    {
        if (slot.Find("qom-path")?.Text() is not { } path || !path.StartsWith(Peripherals, StringComparison.Ordinal))
            return null;
        var arguments = new JsonObject { ["driver"] = slot["type"].Text(), ["id"] = path[Peripherals.Length..] };
        var places = slot["props"];
        foreach (var (name, place) in places.Object())
            arguments[name] = place?.DeepClone();
        return new PluggedCpu(path[Peripherals.Length..], arguments);
    }
}
