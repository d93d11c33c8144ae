namespace VirtHandover.Tests.Integration.Host;

/// <summary>
/// How tests reach the host under test. A lab's tests run inside it, so nothing needs to be done; those of <c>tests/hosts</c> look into a
/// booted host from outside, and say here how.
/// </summary>
internal static class Reach
{
    /// <summary>Turns a command of the host into one that can be started here. True: its signals must reach the program itself.</summary>
    public static Func<string, string[], bool, (string Program, string[] Arguments)> Command { get; set; } = (program, arguments, _) => (program, arguments);

    /// <summary>Where a file of the host lies here.</summary>
    public static Func<string, string> File { get; set; } = path => path;
}
