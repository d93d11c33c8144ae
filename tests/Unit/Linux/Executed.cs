namespace VirtHandover.Tests.Unit.Linux;

/// <summary>
/// The moment in which a new process has become its program. posix_spawn returns in the middle of execve(2): the process has a new address space, and
/// neither a command line nor its program's mappings in it yet.
/// </summary>
internal static class Executed
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(30);

    /// <summary>Waits for it.</summary>
    public static void Await(int process) => Assert.True(
        SpinWait.SpinUntil(() => File.ReadAllBytes($"/proc/{process}/cmdline").Length > 0, s_limit), $"Process {process} has no command line.");
}
