using System.Runtime.InteropServices;
using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Linux;
using VirtHandover.Queue.Interop;

namespace VirtHandover.Queue;

/// <summary>
/// Whether rpm holds its transaction lock, by whatever front end (dnf, zypper, PackageKit). rpm says where the lock is;
/// the usual places are looked at as well, because a broken rpm must not hide a transaction.
/// </summary>
public sealed class RpmTransaction : ITransactionProbe
{
    private static readonly string[] UsualPlaces = ["/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"];
    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(5);
    private IReadOnlyList<string>? _places;

    /// <inheritdoc/>
    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        _places ??= [.. (await AskRpmAsync(cancellationToken).ConfigureAwait(false)).Concat(UsualPlaces).Distinct()];
        return _places.Any(IsLocked);
    }

    /// <summary>Whether another process holds a lock on a file.</summary>
    /// <param name="path">The file; a missing one is not locked.</param>
    /// <returns>True when it is locked.</returns>
    internal static bool IsLocked(string path)
    {
        try
        {
            using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return LibC.lockf(file, LibC.F_TEST, 0) != 0 && Marshal.GetLastPInvokeError() is LibC.EACCES or LibC.EAGAIN;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static async Task<IReadOnlyList<string>> AskRpmAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AskLimit);
        try
        {
            var answer = await Cli.Wrap(ProgramPath.Of("rpm")).WithArguments(["--eval", "%_rpmlock_path"])
                .WithValidation(CommandResultValidation.None)
                .ExecuteBufferedAsync(limit.Token).ConfigureAwait(false);
            var path = answer.StandardOutput.Trim();
            return Path.IsPathRooted(path) ? [path] : [];
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested)
        {
            // No rpm on this host, or one that hangs: the usual places remain.
            return [];
        }
    }
}
