using VirtHandover.Configuration;
using VirtHandover.Logging;
using VirtHandover.Queue;
using VirtHandover.Server;

namespace VirtHandover.Service;

/// <summary>The service as its callers know it, the front: queue, scanner, scheduler and the bus, wired together. It touches no VM itself.</summary>
/// <param name="paths">Where its things are.</param>
/// <param name="parts">What it works with.</param>
/// <param name="left">Completes when the worker has gone and no other one can be had; null for never.</param>
/// <param name="busAddress">A D-Bus address; null for the system bus.</param>
/// <param name="version">Its version.</param>
internal sealed class HandoverService(ServicePaths paths, QueueParts parts, Task? left, string? busAddress, string version)
{
    /// <summary>Whether the worker is of another build, so that this front can learn nothing of what is under way and has to make way for its successor.</summary>
    internal Func<bool> IsForsaken { get; init; } = () => false;

    private static readonly TimeSpan FirstLookLimit = TimeSpan.FromSeconds(2);

    /// <summary>Runs until it is told to stop.</summary>
    /// <param name="stopping">Stops it. A handover in flight goes on in its own process.</param>
    /// <returns>The exit code.</returns>
    /// <exception cref="StoreException">The database cannot be used.</exception>
    /// <exception cref="Bus.Client.ServiceException">The bus cannot be used.</exception>
    public async Task<int> RunAsync(CancellationToken stopping)
    {
        using var store = UpgradeStore.Open(paths.Database);
        var queue = UpgradeQueue.Load(store, parts.Options, parts.Time);
        using var told = new QueueLog(queue, parts.Log);
        using var scanner = new Scanner(parts, queue);
        using var hold = new FleetHold(parts.Options, parts.Hold, queue, parts.Time, parts.Log);
        using var notices = parts.Notices is { } programs ? new NoticeRunner(programs, queue) : null;
        using var scheduler = new Scheduler(parts, queue, scanner, hold);
        using var watcher = new EmulatorWatcher(scanner.Hint);
        scanner.Scanned += watcher.Watch;
        queue.ScanWanted += scanner.Ask;

        using var stop = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var scanning = scanner.RunAsync(stop.Token);

        // Whoever starts the service by asking for a domain wants to find it; the package hook waits 5 s and not more.
        await Task.WhenAny(scanner.FirstLook, scanning, Task.Delay(FirstLookLimit, parts.Time, stop.Token)).ConfigureAwait(false);

        using var publisher = new QueuePublisher(queue, version, parts.Time, parts.Log);
        using var requests = new QueueRequests(queue, scanner, parts.Definitions, publisher.ShownAsync, parts.Log);
        await using var server = await HandoverServer
            .StartAsync(
                busAddress, requests, publisher.View(),
                (what, fault) => parts.Log.ForContext(new About(MessageKind.OwnFault)).Error(fault, "{What}", what), stopping)
            .ConfigureAwait(false);

        Task[] loops =
        [
            publisher.RunAsync(server, stop.Token),
            scanning,
            scheduler.RunAsync(stop.Token),
            .. notices is null ? Array.Empty<Task>() : [notices.RunAsync(stop.Token)],
            .. hold.IsConfigured ? [hold.RunAsync(stop.Token)] : Array.Empty<Task>(),
            .. parts.Watch is null ? Array.Empty<Task>() : [parts.Watch.RunAsync(scanner.Hint, stop.Token)],
        ];
        using var systemd = new SystemdNotifier(parts.Time, () => loops.All(loop => !loop.IsCompleted) && scanner.MovesOn());
        SystemdNotifier.Ready();
        parts.Log.ForContext(new About(MessageKind.ServiceReady)).Information(
            "virt-handoverd {Version} is ready, mode {Mode}.", version, publisher.View().Mode);

        var succession = new Succession("/proc/self/exe", Environment.ProcessPath ?? "", parts.Transaction, () => queue.IsAtRest || IsForsaken(), parts.Time).WaitAsync(stop.Token);
        var lost = left ?? Task.Delay(Timeout.InfiniteTimeSpan, stop.Token);
        var first = await Task.WhenAny([.. loops, server.Disconnected, succession, lost]).ConfigureAwait(false);
        SystemdNotifier.Stopping();
        var exit = first == succession && succession.IsCompletedSuccessfully ? MakeWay() : Judge(first, server.Disconnected, stopping);
        await stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll([.. loops, succession]).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        return exit;
    }

    private int MakeWay()
    {
        parts.Log.ForContext(new About(MessageKind.ServiceEnds)).Information(
            "Another build of virt-handoverd is installed and no handover is watched from here: {Version} ends for it. The queue is kept.", version);
        return ExitCode.Replaced;
    }

    private int Judge(Task first, Task<string> disconnected, CancellationToken stopping)
    {
        if (stopping.IsCancellationRequested)
        {
            parts.Log.ForContext(new About(MessageKind.ServiceEnds)).Information("virt-handoverd stops; the queue is kept.");
            return ExitCode.Ok;
        }

        if (left is { IsCompleted: true })
        {
            parts.Log.ForContext(new About(MessageKind.ServiceEnds)).Error(
                "The worker has ended, and the front ends with it; the queue is kept, the VMs run on. Whoever calls the service next starts both.");
            return ExitCode.Unavailable;
        }

        if (disconnected.IsCompletedSuccessfully)
        {
            parts.Log.ForContext(new About(MessageKind.ServiceEnds)).Error(
                "D-Bus is gone ({Reason}); virt-handoverd ends, the queue is kept.", disconnected.Result);
            return ExitCode.Unavailable;
        }

        parts.Log.ForContext(new About(MessageKind.OwnFault)).Fatal(
            "virt-handoverd met a fault of its own and ends; the VMs run on. {Error}", first.Exception?.ToString() ?? "");
        return ExitCode.Software;
    }
}
