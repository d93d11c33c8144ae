using VirtHandover.Handover.Journal;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>Lets the guest go on in the source after an attempt that failed before the commit. The target must be dead.</summary>
internal static class SourceRevival
{
    /// <summary>Ends a migration that may still run, puts the settings back, continues the guest if it ran before.</summary>
    /// <exception cref="StandsStillException">QEMU refused to continue the guest; everything else has been put back.</exception>
    internal static async Task RunAsync(
        IQmpChannel source, bool wasRunning, IReadOnlyList<string> discardObjects, MigrationValues? settings)
    {
        var info = await source.QueryMigrateAsync().ConfigureAwait(false);
        if (info.IsUnderWay)
        {
            await source.MigrateCancelAsync().ConfigureAwait(false);
            await WaitForEndAsync(source).ConfigureAwait(false);
        }

        foreach (var id in discardObjects)
            await PerformPhase.SetDiscardAsync(source, id, true, CancellationToken.None).ConfigureAwait(false);
        if (settings is not null)
            await MigrationSettings.RestoreAsync(source, settings, CancellationToken.None).ConfigureAwait(false);
        // Last, so that a guest that cannot go on lacks nothing but this. With return-path a source whose target died runs again by
        // itself; 'cont' is then a no-op.
        if (wasRunning && !(await source.QueryStatusAsync().ConfigureAwait(false)).IsRunning)
            await ContinueAsync(source).ConfigureAwait(false);
    }

    private static async Task ContinueAsync(IQmpChannel source)
    {
        try
        {
            await source.ContAsync().ConfigureAwait(false);
        }
        catch (QmpException exception)
        {
            throw new StandsStillException(exception);
        }
    }

    private static async Task WaitForEndAsync(IQmpChannel source)
    {
        using var limit = new CancellationTokenSource(Limits.Command);
        while ((await source.QueryMigrateAsync(limit.Token).ConfigureAwait(false)).IsUnderWay)
            await Task.Delay(TimeSpan.FromMilliseconds(2), limit.Token).ConfigureAwait(false);
    }
}
