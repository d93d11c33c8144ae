using VirtHandover.Contract;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Preflight;

/// <summary>Says whether a running VM can be handed over, and how. Pure: it looks at facts only.</summary>
internal static class PreflightCheck
{
    /// <summary>Runs every rule.</summary>
    /// <returns>The method, its reason, and every finding, blockers first.</returns>
    internal static Assessment Assess(SourceFacts facts)
    {
        var ram = RamRules.Choose(facts);
        IEnumerable<Finding> findings =
        [
            .. ram.Findings,
            .. Guarded(facts, StateRules.Check),
            .. Guarded(facts, VersionRules.Check),
            .. Guarded(facts, DriftRules.Check),
            .. Guarded(facts, ThrottleGroupRules.Check),
            .. Guarded(facts, NetworkRules.Check),
            .. Guarded(facts, DeviceRules.Check),
            .. Guarded(facts, StorageRules.Check),
            .. Guarded(facts, FileRules.Check),
            .. Guarded(facts, DisplayRules.Check),
            .. Guarded(facts, ChardevRules.Check),
            .. Guarded(facts, HostRules.Check),
            .. Guarded(facts, CommandLineRules.Check),
        ];
        return new Assessment(ram.Method, ram.Reason, [.. findings.Distinct().OrderByDescending(f => f.Severity)]) { StandsStill = ram.StandsStill, EstimatedPause = ram.EstimatedPause };
    }

    // An option that cannot be read refuses the handover; it must not hide what the other rules find.
    private static List<Finding> Guarded(SourceFacts facts, Func<SourceFacts, IEnumerable<Finding>> rule)
    {
        var findings = new List<Finding>();
        try
        {
            findings.AddRange(rule(facts));
        }
        catch (CommandLineException e)
        {
            findings.Add(FindingCodes.CmdLine.Says(e.Message));
        }

        return findings;
    }
}
