using System.Net.Sockets;
using Serilog;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Worker;

/// <summary>
/// Lets in who may ask: the user of the front, and root. One front at a time: the next that greets ends the connection of the one before it, and with it
/// whatever that had ordered and had not begun, so that nothing begins any more of which the next one asks what became.
/// </summary>
/// <param name="desk">Answers.</param>
/// <param name="build">This build.</param>
/// <param name="frontUser">The front's user; null when there is none, so that root alone may ask.</param>
/// <param name="log">The worker's log.</param>
public sealed class WorkerDoor(WorkerDesk desk, string build, uint? frontUser, ILogger log)
{
    /// <summary>One front, another that has just followed it, and somebody who tries.</summary>
    private const int MostConnections = 4;

    private static readonly TimeSpan s_greetingLimit = TimeSpan.FromSeconds(30);

    private readonly Lock _lock = new();
    private CancellationTokenSource? _front;

    /// <summary>Serves everybody who connects until it is told to stop.</summary>
    /// <param name="listener">The socket that systemd handed over.</param>
    /// <param name="cancellationToken">Stops it.</param>
    public async Task ListenAsync(Socket listener, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(listener);
        using var room = new SemaphoreSlim(MostConnections);
        while (true)
        {
            await room.WaitAsync(cancellationToken).ConfigureAwait(false);
            var connection = await listener.AcceptAsync(cancellationToken).ConfigureAwait(false);
            _ = Task.Run(
                async () =>
                {
                    try
                    {
                        await AdmitAsync(connection, cancellationToken).ConfigureAwait(false);
                    }
                    catch (Exception e)
                    {
                        log.ForContext(new About(MessageKind.OwnFault)).Error("A connection to the worker broke: {Error}", e.ToString());
                    }
                    finally
                    {
                        if (!cancellationToken.IsCancellationRequested)
                            room.Release();
                    }
                },
                CancellationToken.None);
        }
    }

    /// <summary>Serves one front until it has gone.</summary>
    /// <param name="stream">The connection; whose it is has been proved.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public Task ServeAsync(Stream stream, CancellationToken cancellationToken) => ServeAsync(stream, Timeout.InfiniteTimeSpan, cancellationToken);

    private async Task ServeAsync(Stream stream, TimeSpan greetingLimit, CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        try
        {
            await new WorkerSession(desk, stream, build, log, () => Follow(end)) { GreetingLimit = greetingLimit }.RunAsync(end.Token).ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
            {
                _front = _front == end ? null : _front;
            }
        }
    }

    private void Follow(CancellationTokenSource next)
    {
        lock (_lock)
        {
            // Under the lock: it is disposed by whoever has taken itself away here first.
            if (_front is { } before)
            {
                log.Warning("Another front has followed while the connection of the one before it was open; that one is ended.");
                before.Cancel();
            }

            _front = next;
        }

        desk.FrontFollows();
    }

    private async Task AdmitAsync(Socket connection, CancellationToken cancellationToken)
    {
        using (connection)
        {
            var user = SocketPeer.UserOf(connection.SafeHandle);
            if (user != 0 && (user is null || user != frontUser))
            {
                log.ForContext(new About(MessageKind.StrangerRefused)).Warning(
                    "User {User} has connected to the worker and is refused: the front's user alone may.", user);
                return;
            }

            await using var stream = new NetworkStream(connection, ownsSocket: false);
            await ServeAsync(stream, s_greetingLimit, cancellationToken).ConfigureAwait(false);
        }
    }
}
