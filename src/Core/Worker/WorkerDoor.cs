using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using VirtHandover.Linux;

namespace VirtHandover.Worker;

/// <summary>Lets in who may ask: the user of the front, and root.</summary>
/// <param name="desk">Answers.</param>
/// <param name="build">This build.</param>
/// <param name="frontUser">The front's user; null when there is none, so that root alone may ask.</param>
/// <param name="log">The worker's log.</param>
public sealed class WorkerDoor(WorkerDesk desk, string build, uint? frontUser, ILogger log)
{
    /// <summary>One front, another that has just followed it, and somebody who tries.</summary>
    private const int MostConnections = 4;

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
                        log.LogError("A connection to the worker broke: {Error}", e.ToString());
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
    public Task ServeAsync(Stream stream, CancellationToken cancellationToken) => new WorkerSession(desk, stream, build, log).RunAsync(cancellationToken);

    private async Task AdmitAsync(Socket connection, CancellationToken cancellationToken)
    {
        using (connection)
        {
            var user = SocketPeer.UserOf(connection.SafeHandle);
            if (user != 0 && (user is null || user != frontUser))
            {
                log.LogWarning("User {User} has connected to the worker and is refused: the front's user alone may.", user);
                return;
            }

            await using var stream = new NetworkStream(connection, ownsSocket: false);
            await ServeAsync(stream, cancellationToken).ConfigureAwait(false);
        }
    }
}
