using System.Diagnostics;
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
        // itself. Another state than those of a handover is the guest's own: it has panicked, shut down or met an error meanwhile, and
        // stays so until somebody who knows decides.
        if (wasRunning && (await source.QueryStatusAsync().ConfigureAwait(false)).Status is "paused" or "finish-migrate" or "postmigrate" or "prelaunch")
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
        var since = Stopwatch.GetTimestamp();
        while ((await source.QueryMigrateAsync().ConfigureAwait(false)).IsUnderWay)
        {
            if (Stopwatch.GetElapsedTime(since) > Limits.Command)
                throw new HandoverException($"{source.Peer} does not cancel its migration.");
            await Task.Delay(TimeSpan.FromMilliseconds(2)).ConfigureAwait(false);
        }
    }
}
