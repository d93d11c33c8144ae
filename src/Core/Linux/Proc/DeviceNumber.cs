namespace VirtHandover.Linux.Proc;

/// <summary>A device's number.</summary>
/// <param name="Major">Major part.</param>
/// <param name="Minor">Minor part.</param>
public readonly record struct DeviceNumber(uint Major, uint Minor);
