namespace VirtHandover.Linux.Proc;

/// <summary>Where procfs is mounted. Tests put a synthetic tree in its place.</summary>
/// <param name="Path">The mount point.</param>
public sealed record ProcRoot(string Path)
{
    /// <summary><c>/proc</c>.</summary>
    public static ProcRoot Host { get; } = new("/proc");

    /// <summary>A file of a process.</summary>
    /// <param name="processId">The process.</param>
    /// <param name="name">Path below its directory, for example <c>cmdline</c>.</param>
    /// <returns>The whole path.</returns>
    public string File(int processId, string name) => FormattableString.Invariant($"{Path}/{processId}/{name}");
}
