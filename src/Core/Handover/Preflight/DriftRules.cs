using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>What was changed while the VM ran, and the command line does not know.</summary>
internal static class DriftRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        // Plugged vCPUs are plugged again.
        var plugged = facts.Live.PluggedCpus.Select(cpu => cpu.Id).Where(id => facts.Line.Find("device", id) is null).ToHashSet(StringComparer.Ordinal);
        var devices = facts.Live.Devices with
        {
            Peripherals = facts.Live.Devices.Peripherals.Where(device => !plugged.Contains(device.Key)).ToDictionary(StringComparer.Ordinal),
        };
        foreach (var difference in Drift.Find(facts.Line, devices))
            yield return FindingCodes.Of(difference);
        foreach (var node in facts.Live.Devices.Nodes)
        {
            foreach (var bitmap in node.Bitmaps.Where(b => !b.IsPersistent))
                yield return FindingCodes.BitmapTransient.Says($"The block node '{node.NodeName}' has the dirty bitmap '{bitmap.Name}' in memory only.");
        }
    }
}
