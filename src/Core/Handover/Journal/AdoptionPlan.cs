using System.Text.Json.Nodes;

namespace VirtHandover.Handover.Journal;

/// <summary>What is left to do once the guest belongs to the target, so that libvirt can adopt it.</summary>
/// <param name="Continue">False when the guest was paused by somebody and stays paused.</param>
/// <param name="Ptys">New path of each pseudo terminal, by the path libvirt knows.</param>
/// <param name="VncAddresses">QMP addresses on which the VNC server has to listen; empty when it did not.</param>
/// <param name="LogicalArguments">The command line the target stands for, base of the next handover.</param>
/// <param name="Program">The binary the target was started from.</param>
public sealed record AdoptionPlan(
    bool Continue,
    IReadOnlyDictionary<string, string> Ptys,
    JsonArray VncAddresses,
    IReadOnlyList<string> LogicalArguments,
    string Program);
