using CliWrap;
using CliWrap.Buffered;
using VirtHandover.Linux;

namespace VirtHandover.Queue;

/// <summary>
/// Whether rpm holds its transaction lock, by whatever front end (dnf, zypper, PackageKit). rpm says where the lock is;
/// the usual places are looked at as well, because a broken rpm must not hide a transaction. Who only reads, as <c>rpm -V</c>, changes nothing.
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
        return _places.Any(FileLock.HasWriter);
    }

    private static async Task<IReadOnlyList<string>> AskRpmAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(AskLimit);
        try
        {
            var answer = await ProgramPath.Command("rpm").WithArguments(["--eval", "%_rpmlock_path"])
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
