using Serilog;
using VirtHandover.Configuration;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Logging;
using VirtHandover.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Service;

/// <summary>The part of the service that touches VMs, whoever asks it: a front that systemd started, or one of its own.</summary>
/// <param name="paths">Where the service's things are.</param>
/// <param name="options">The configuration.</param>
/// <param name="user">The front's user; null when there is none.</param>
/// <param name="log">The log.</param>
internal sealed class WorkerHost(ServicePaths paths, QueueOptions options, SystemUser? user, ILogger log)
{
    /// <summary>Works until whoever asks has gone, or it is told to stop.</summary>
    /// <param name="serve">Serves whoever asks; its result is the exit code.</param>
    /// <param name="makesWay">Whether it ends for another build of itself; one that has a front of its own leaves that to it.</param>
    /// <param name="stopping">Stops it. A handover in flight goes on in its own process.</param>
    /// <returns>The exit code.</returns>
    public async Task<int> RunAsync(Func<WorkerDoor, CancellationToken, Task<int>> serve, bool makesWay, CancellationToken stopping)
    {
        try
        {
            HandoverJournal.ForgetPasswords(paths.Journals);
        }
        catch (LinuxException e)
        {
            log.Warning("{Reason}", e.Message);
        }

        await using var libvirt = new LibvirtClient();
        var parts = Composition.Real(paths, options, libvirt, log);
        using var desk = new WorkerDesk(parts, RemoveStamp);
        using var disks = new StrandedDisks(paths.Journals, new LibvirtPaths());
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        Task[] loops = [disks.RunAsync(stop.Token), parts.Watch!.RunAsync(desk.DomainsChanged, stop.Token)];
        var serving = serve(new WorkerDoor(desk, OwnBuild.Id, user?.Id, log), stop.Token);
        using var systemd = makesWay ? new SystemdNotifier(parts.Time, () => loops.All(loop => !loop.IsCompleted) && desk.MovesOn()) : null;
        if (makesWay)
            SystemdNotifier.Ready();
        log.ForContext(new About(MessageKind.ServiceReady)).Information("virt-handoverd's worker {Version} is ready.", Roles.Version);

        var succession = makesWay
            ? new Succession("/proc/self/exe", Environment.ProcessPath ?? "", parts.Transaction, () => desk.IsAtRest, parts.Time).WaitAsync(stop.Token)
            : Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
        var first = await Task.WhenAny([.. loops, serving, succession]).ConfigureAwait(false);
        var isReplaced = first == succession && succession.IsCompletedSuccessfully;
        var isFault = first != serving && !isReplaced && !stopping.IsCancellationRequested;
        if (makesWay)
            SystemdNotifier.Stopping();
        if (isFault)
        {
            log.ForContext(new About(MessageKind.OwnFault)).Fatal(
                "virt-handoverd's worker met a fault of its own and ends; the VMs run on. {Error}", first.Exception?.ToString() ?? "");
        }

        if (isReplaced)
        {
            log.ForContext(new About(MessageKind.ServiceEnds)).Information(
                "Another build of virt-handoverd is installed and no handover is under way: the worker {Version} ends for it.", Roles.Version);
        }

        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([.. loops, succession]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var exit = await EndAsync(serving).ConfigureAwait(false);
        return isFault ? ExitCode.Software : isReplaced ? ExitCode.Replaced : exit;
    }

    private static async Task<int> EndAsync(Task<int> serving)
    {
        try
        {
            return await serving.ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return ExitCode.Ok;
        }
    }

    /// <summary>What the package hook left for a service that did not run has been looked at now.</summary>
    private void RemoveStamp()
    {
        try
        {
            File.Delete(paths.PendingStamp);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Debug("The stamp {Path} stays: {Reason}", paths.PendingStamp, e.Message);
        }
    }
}
