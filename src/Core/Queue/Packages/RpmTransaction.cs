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
        // No rpm on this host, or one that hangs: the usual places remain.
        var (said, _) = await BoundedProgram.AskAsync("rpm", ["--eval", "%_rpmlock_path"], AskLimit, cancellationToken).ConfigureAwait(false);
        return said?.Trim() is { } path && Path.IsPathRooted(path) ? [path] : [];
    }
}
