using VirtHandover.Detection;

namespace VirtHandover.Worker;

/// <summary>Which build this process runs: front and worker are always of one.</summary>
public static class OwnBuild
{
    /// <summary>Its fingerprint; empty when it cannot be told.</summary>
    public static string Id { get; } = new FileBuilds().Of("/proc/self/exe") ?? "";
}
