using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>
/// Whether dpkg replaces files, by whatever front end. apt, aptitude and unattended-upgrades hold <c>lock-frontend</c> over their whole run, also
/// between two calls of dpkg, when QEMU's program may be new and its modules old; dpkg itself holds <c>lock</c>. A dpkg that was killed leaves its
/// unfinished changes in <c>updates</c>: that transaction is not over before <c>dpkg --configure -a</c>.
/// </summary>
public sealed class DpkgTransaction : ITransactionProbe
{
    private static readonly string[] Locks = ["lock-frontend", "lock"];

    /// <summary>dpkg's database; tests have one of their own.</summary>
    internal string Directory { get; init; } = "/var/lib/dpkg";

    /// <inheritdoc/>
    public Task<bool> IsRunningAsync(CancellationToken cancellationToken) =>
        Task.FromResult(Locks.Any(name => FileLock.HasWriter(Path.Combine(Directory, name))) || IsInterrupted());

    // dpkg calls its changes by numbers, and "tmp.i" while it writes one.
    private bool IsInterrupted()
    {
        try
        {
            return System.IO.Directory.EnumerateFiles(Path.Combine(Directory, "updates")).Any(file => Path.GetFileName(file).All(char.IsAsciiDigit));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // No dpkg on this host.
            return false;
        }
    }
}
