namespace VirtHandover.Handover.Preflight;

/// <summary>A machine type of a QEMU on disk.</summary>
/// <param name="Name">For example <c>pc-q35-9.2</c>.</param>
/// <param name="Alias">Its other name, for example <c>q35</c>; null when it has none.</param>
internal sealed record MachineType(string Name, string? Alias);
