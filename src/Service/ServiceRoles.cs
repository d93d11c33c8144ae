using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Serilog;
using VirtHandover.Configuration;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;
using VirtHandover.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Service;

/// <summary>
/// The two processes that the service is. With systemd each has a unit, and the front connects to the worker's socket. Without it the service is started
/// as root: that is the worker then, and the front its child.
/// </summary>
internal static class ServiceRoles
{
    /// <summary>The service: the front as its own user, both of them as root.</summary>
    /// <param name="log">The log.</param>
    /// <returns>The exit code.</returns>
    internal static Task<int> ServeAsync(ILogger log)
    {
        if (SystemUser.OfThisProcess == 0)
            return ServeBothAsync(log);
        return SystemUser.Find(SystemUser.Front)?.Id == SystemUser.OfThisProcess
            ? Guarded(stopping => RunFrontAsync(ConnectTo, isLost: false, log, stopping))
            : Task.FromResult(Roles.Fail(
                log, ExitCode.NoPermission,
                "virt-handoverd must run as root or as user virt-handover: its worker looks into the QEMU processes and stops and starts the libvirt daemon."));
    }

    /// <summary>The front as a child of the worker.</summary>
    /// <param name="channel">The descriptor of its end of their connection.</param>
    /// <param name="log">The log.</param>
    /// <returns>The exit code.</returns>
    internal static Task<int> FrontAsync(string channel, ILogger log)
    {
        if (!int.TryParse(channel, NumberStyles.None, CultureInfo.InvariantCulture, out var descriptor) || descriptor < 3)
            return Task.FromResult(Roles.Misused("virt-handoverd starts this role itself."));
        var socket = UnixSockets.Inherited(descriptor);
        var used = false;
        return Guarded(stopping => RunFrontAsync(
            _ => cancellationToken =>
            {
                if (used)
                    throw new WorkerException("virt-handoverd's worker has ended.") { IsAway = true };
                used = true;
                return Task.FromResult<Stream>(new NetworkStream(socket, ownsSocket: true));
            },
            isLost: true, log, stopping));
    }

    /// <summary>The worker with the socket that systemd opened for it.</summary>
    /// <param name="log">The log.</param>
    /// <returns>The exit code.</returns>
    internal static Task<int> WorkAsync(ILogger log)
    {
        if (SystemUser.OfThisProcess != 0)
        {
            return Task.FromResult(Roles.Fail(
                log, ExitCode.NoPermission,
                "The worker of virt-handoverd must run as root: it looks into the QEMU processes and stops and starts the libvirt daemon."));
        }

        return Guarded(async stopping =>
        {
            if (SocketActivation.Take() is not { } listener)
                return Roles.Misused("The worker of virt-handoverd is started by systemd, with the socket of virt-handover-worker.socket.");
            using var listening = listener;
            var (paths, options, user) = Load(log);
            return await new WorkerHost(paths, options, user, log).RunAsync(
                async (door, stop) =>
                {
                    await door.ListenAsync(listening, stop).ConfigureAwait(false);
                    return ExitCode.Ok;
                },
                makesWay: true,
                stopping).ConfigureAwait(false);
        });
    }

    private static Task<int> ServeBothAsync(ILogger log) => Guarded(async stopping =>
    {
        var (paths, options, user) = Load(log);
        return await new WorkerHost(paths, options, user, log)
            .RunAsync(new OwnFront(paths, user).ServeAsync, makesWay: false, stopping).ConfigureAwait(false);
    });

    private static (ServicePaths Paths, QueueOptions Options, SystemUser? User) Load(ILogger log)
    {
        var paths = ServicePaths.FromEnvironment(Environment.GetEnvironmentVariable);
        var options = Settings.Load(paths.Configuration);
        var user = SystemUser.Find(SystemUser.Front);
        if (user is null)
            log.Warning("There is no user virt-handover on this host: the front of virt-handoverd stays root, without any of its capabilities.");
        QueueDirectory.Prepare(paths, user);
        return (paths, options, user);
    }

    private static async Task<int> RunFrontAsync(
        Func<ServicePaths, Func<CancellationToken, Task<Stream>>> connect, bool isLost, ILogger log, CancellationToken stopping)
    {
        if (!System.Runtime.CompilerServices.RuntimeFeature.IsDynamicCodeSupported)
            PowerlessSelf.ExecuteNothingNew();
        var paths = ServicePaths.OfFront(Environment.GetEnvironmentVariable);
        var options = Settings.Load(paths.Configuration);
        QueueDirectory.DemandTakenOver(paths);
        await using var worker = new WorkerClient(connect(paths), OwnBuild.Id);
        var parts = RemoteParts.Of(worker, options, TimeProvider.System, log);
        return await new HandoverService(parts: parts, paths: paths, left: isLost ? worker.Gone : null, busAddress: null, version: Roles.Version)
        {
            IsForsaken = () => worker.IsOfAnotherBuild,
        }.RunAsync(stopping).ConfigureAwait(false);
    }

    private static Func<CancellationToken, Task<Stream>> ConnectTo(ServicePaths paths) => async cancellationToken =>
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(paths.Worker), cancellationToken).ConfigureAwait(false);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    };

    private static async Task<int> Guarded(Func<CancellationToken, Task<int>> run)
    {
        using var stopping = new CancellationTokenSource();
        void Stop(PosixSignalContext signal)
        {
            signal.Cancel = true;
            stopping.Cancel();
        }

        using var term = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
        try
        {
            return await run(stopping.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return ExitCode.Ok;
        }
    }
}
