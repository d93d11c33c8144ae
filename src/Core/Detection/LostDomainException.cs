namespace VirtHandover.Detection;

/// <summary>A domain's process could not be found or examined, most likely because it ended. Never leaves the room.</summary>
internal sealed class LostDomainException(string message) : Exception(message);
