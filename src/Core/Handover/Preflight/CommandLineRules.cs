using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Tries to derive the target's command line: whatever stands against it is a finding.</summary>
internal static class CommandLineRules
{
    internal static IEnumerable<Finding> Check(SourceFacts facts)
    {
        var live = facts.Live;
        TargetCommandLine.Build(facts.Line, new TargetPlan { Program = facts.Target.Path, Memory = live.Devices.Memory, Fdsets = live.Fdsets, Options = facts.Target.Options });
        yield break;
    }
}
