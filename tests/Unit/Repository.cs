namespace VirtHandover.Tests.Unit;

/// <summary>The files of the source tree that a test reads.</summary>
internal static class Repository
{
    /// <summary>The folder of the solution.</summary>
    internal static string Root { get; } = Find(new DirectoryInfo(AppContext.BaseDirectory));

    private static string Find(DirectoryInfo? folder) => folder switch
    {
        null => throw new InvalidOperationException("The tests do not run inside the source tree."),
        _ when File.Exists(Path.Combine(folder.FullName, "virt-handover.slnx")) => folder.FullName,
        _ => Find(folder.Parent),
    };
}
