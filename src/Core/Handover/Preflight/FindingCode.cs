using VirtHandover.Contract;

namespace VirtHandover.Handover.Preflight;

/// <summary>A kind of finding. The list of all is <see cref="FindingCodes"/>; <c>docs/preflight.md</c> repeats it.</summary>
/// <param name="Code">Stable, upper case.</param>
/// <param name="Severity">What it does to the handover.</param>
/// <param name="Meaning">What it means, one sentence without a device's name.</param>
/// <param name="Remedy">What the administrator can do, one or two sentences.</param>
internal sealed record FindingCode(string Code, FindingSeverity Severity, string Meaning, string Remedy)
{
    /// <summary>A finding of this kind.</summary>
    /// <param name="what">What was found, for which device: whole sentences.</param>
    internal Finding Says(string what) => new(Code, Severity, Remedy.Length == 0 ? what : $"{what} {Remedy}");
}
