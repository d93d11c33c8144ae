using System.Collections.Concurrent;
using System.Diagnostics;
using VirtHandover.Libvirt.Interop;

namespace VirtHandover.Libvirt;

/// <summary>A connection to the libvirt daemon. Safe for several callers at once; every call has a limit.</summary>
/// <remarks>It does not come back by itself after the daemon was restarted: open a new one.</remarks>
public sealed partial class LibvirtConnection : IRunningDomains, IAsyncDisposable
{
    /// <summary>The daemon of the host's virtual machines, monolithic or modular.</summary>
    public const string SystemUri = "qemu:///system";

    /// <summary>
    /// How many calls are under way at once. The daemon has room for five requests of a client by default (<c>max_client_requests</c>), the one that it
    /// is about to read among them, and reads nothing of the client any more while all are taken: not even the answers to its keepalives, and after
    /// 30 s of that it ends the connection.
    /// </summary>
    internal const int CallsAtOnce = 4;

    private readonly SemaphoreSlim _places = new(CallsAtOnce);
    private readonly ConnectionHandle _handle;
    private readonly CancellationTokenSource _ending = new();
    private readonly ConcurrentDictionary<Guid, DomainHandle> _monitored = new();

    private LibvirtConnection(ConnectionHandle handle) => _handle = handle;

    /// <summary>How long one call may take; 30 s, because libvirt itself waits that long for a domain that is busy.</summary>
    public TimeSpan CallLimit { get; init; } = TimeSpan.FromSeconds(35);

    /// <summary>False once the daemon has gone away or the connection was disposed. Asks nobody.</summary>
    public bool IsAlive
    {
        get
        {
            try
            {
                return !_ending.IsCancellationRequested && LibVirt.virConnectIsAlive(_handle) == 1;
            }
            catch (ObjectDisposedException)
            {
                return false;
            }
        }
    }

    /// <summary>Connects (<c>virConnectOpen</c>).</summary>
    /// <param name="uri">The connection URI.</param>
    /// <param name="limit">How long to wait; 10 s when null.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>An open connection.</returns>
    /// <exception cref="LibvirtException">The daemon does not run, does not answer in time, or libvirt is not installed.</exception>
    public static async Task<LibvirtConnection> OpenAsync(
        string uri = SystemUri, TimeSpan? limit = null, CancellationToken cancellationToken = default)
    {
        LibVirtEventLoop.EnsureStarted();
        ConnectionHandle handle = await LibvirtCall.RunAsync(
            $"open the connection {uri}",
            () =>
            {
                ConnectionHandle opened = LibVirt.virConnectOpen(uri);
                return opened.IsInvalid ? throw LibVirtError.Take($"open the connection {uri}") : opened;
            },
            limit ?? TimeSpan.FromSeconds(10),
            cancellationToken,
            late => late.Dispose()).ConfigureAwait(false);
        return new LibvirtConnection(handle);
    }

    /// <summary>Connects as soon as the daemon answers: for the moments after it was started.</summary>
    /// <param name="uri">The connection URI.</param>
    /// <param name="limit">How long to try.</param>
    /// <param name="cancellationToken">Stops trying.</param>
    /// <returns>An open connection.</returns>
    /// <exception cref="LibvirtException">The daemon did not answer within the limit; the message is that of the last attempt.</exception>
    public static async Task<LibvirtConnection> OpenWhenReadyAsync(string uri, TimeSpan limit, CancellationToken cancellationToken)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            TimeSpan left = limit - Stopwatch.GetElapsedTime(start);
            try
            {
                return await OpenAsync(uri, left > TimeSpan.Zero ? left : TimeSpan.FromMilliseconds(1), cancellationToken).ConfigureAwait(false);
            }
            catch (LibvirtException) when (Stopwatch.GetElapsedTime(start) < limit)
            {
                // The socket is not there or refuses: nothing to wait on but time. This sits in the outage, so keep it short.
                await Task.Delay(TimeSpan.FromMilliseconds(5), cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Lets go of the connection; waits at most 2 s for a daemon that does not answer.</summary>
    /// <returns>Completes when it is closed or given up.</returns>
    public async ValueTask DisposeAsync()
    {
        if (!_ending.IsCancellationRequested)
        {
            await _ending.CancelAsync().ConfigureAwait(false);
            ForgetMonitored();
            _handle.Dispose();
            await Task.WhenAny(_handle.Closed, Task.Delay(TimeSpan.FromSeconds(2))).ConfigureAwait(false);
        }
    }

    private Task<T> CallAsync<T>(string purpose, Func<T> call, CancellationToken cancellationToken) =>
        CallAsync(purpose, call, CallLimit, cancellationToken);

    private Task<T> CallAsync<T>(string purpose, Func<T> call, TimeSpan limit, CancellationToken cancellationToken) =>
        LibvirtCall.RunAsync(
            purpose,
            () =>
            {
                try
                {
                    return call();
                }
                catch (ObjectDisposedException)
                {
                    throw new LibvirtException(0, $"libvirt could not {purpose}: the connection is closed.");
                }
            },
            limit,
            cancellationToken,
            places: _places);
}
