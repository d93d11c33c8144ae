namespace VirtHandover.Qemu;

/// <summary>Two QEMUs, or a QEMU and its command line, are not alike.</summary>
/// <param name="Code">The finding's code, see <c>docs/preflight.md</c>.</param>
/// <param name="Sentence">What differs, for which device.</param>
internal sealed record Difference(string Code, string Sentence);
