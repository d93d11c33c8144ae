namespace VirtHandover.Libvirt;

/// <summary>How to start the libvirt daemon, in a form that survives the process that stopped it.</summary>
/// <param name="Units">systemd units, the service first; empty for a plain process.</param>
/// <param name="Program">A plain process's program file; empty with systemd.</param>
/// <param name="Arguments">Its arguments, the name first.</param>
/// <param name="Environment">Its environment.</param>
public sealed record DaemonRecipe(
    IReadOnlyList<string> Units,
    string Program,
    IReadOnlyList<string> Arguments,
    IReadOnlyList<string> Environment);
