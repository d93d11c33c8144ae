namespace VirtHandover.Queue;

/// <summary>Every package system that a host may have: Debian has rpm as a package, and others have dpkg.</summary>
/// <param name="probes">One for each.</param>
public sealed class PackageTransactions(IReadOnlyList<ITransactionProbe> probes) : ITransactionProbe
{
    /// <summary>Those that are known.</summary>
    public PackageTransactions()
        : this([new DpkgTransaction(), new RpmTransaction()])
    {
    }

    /// <inheritdoc/>
    public async Task<bool> IsRunningAsync(CancellationToken cancellationToken)
    {
        foreach (var probe in probes)
        {
            if (await probe.IsRunningAsync(cancellationToken).ConfigureAwait(false))
            {
                return true;
            }
        }

        return false;
    }
}
