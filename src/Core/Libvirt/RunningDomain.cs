namespace VirtHandover.Libvirt;

/// <summary>A domain that libvirt calls active (running or paused).</summary>
/// <param name="Uuid">Its UUID.</param>
/// <param name="Name">Its name; any text.</param>
/// <param name="Id">libvirt's number for this run of it.</param>
public sealed record RunningDomain(Guid Uuid, string Name, int Id);
