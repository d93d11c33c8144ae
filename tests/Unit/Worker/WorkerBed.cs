using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using Serilog.Core;
using VirtHandover.Linux;
using VirtHandover.Queue;
using VirtHandover.Tests.Unit.Queue;
using VirtHandover.Worker;

namespace VirtHandover.Tests.Unit.Worker;

/// <summary>A worker whose VMs are made up, and real sockets to it.</summary>
internal sealed class WorkerBed : IAsyncDisposable
{
    public const string Build = "this build";

    private readonly CancellationTokenSource _stop = new();
    private readonly List<IDisposable> _ends = [];
    private readonly List<Task> _serving = [];
    private readonly WorkerDesk _desk;
    private readonly WorkerDoor _door;

    public WorkerBed(FakeCanary? canary = null, INoticePrograms? notices = null, string holdCommand = "")
    {
        var options = new QueueOptions { CopyLimit = TimeSpan.FromMinutes(7), MaxOutage = TimeSpan.FromSeconds(9), HoldCommand = holdCommand };
        _desk = new WorkerDesk(
            new QueueParts(
                options, Detector, Runner, Recovery, Transaction, FakeDetector.Identify, TimeProvider.System, Logger.None)
            {
                Definitions = Definitions,
                Hold = new HoldProbe(options),
                Notices = notices,
                Canary = canary,
            },
            () => Scanned++);
        _door = new WorkerDoor(_desk, Build, frontUser: null, Logger.None);
        Client = new WorkerClient(_ => Task.FromResult(Connect()), Build);
        Parts = RemoteParts.Of(Client, options, TimeProvider.System, Logger.None);
    }

    public FakeDetector Detector { get; } = new() { Domains = [Sample.Domain(0), Sample.Domain(1, running: 2)] };

    public FakeRunner Runner { get; } = new();

    public FakeRecovery Recovery { get; } = new();

    public FakeTransaction Transaction { get; } = new();

    public FakeDefinitions Definitions { get; } = new();

    public WorkerClient Client { get; }

    /// <summary>What a front works with.</summary>
    public QueueParts Parts { get; }

    public WorkerDesk Desk => _desk;

    public int Scanned { get; private set; }

    /// <summary>How many connections were made.</summary>
    public int Connections => _serving.Count;

    /// <summary>A new connection; the worker serves its other end.</summary>
    public Stream Connect()
    {
        var (here, there) = UnixSockets.Pair();
        var serving = Open(there);
        _serving.Add(_door.ServeAsync(serving, _stop.Token)
            .ContinueWith(ended => serving.Dispose(), TaskScheduler.Default));
        return Open(here);
    }

    /// <summary>Two ends of a connection, for a worker that is none.</summary>
    public static (Stream Here, Stream There) Pair()
    {
        var (here, there) = UnixSockets.Pair();
        return (Stream(here), Stream(there));
    }

    /// <summary>Ends the worker's side of all connections, as its death would.</summary>
    public void Break()
    {
        foreach (var end in _ends.Where((_, index) => index % 2 == 0))
            end.Dispose();
    }

    /// <summary>Says something to the worker, and reads all that it says until it ends the connection.</summary>
    public async Task<string> SayAsync(byte[] bytes, bool thenLeave = false)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        await using var stream = Connect();
        try
        {
            await stream.WriteAsync(bytes, limit.Token);
            if (thenLeave)
                ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);
        }
        catch (IOException)
        {
            // It did not want to hear all of it.
        }

        var heard = new List<byte>();
        var buffer = new byte[4096];
        try
        {
            while (await stream.ReadAsync(buffer, limit.Token) is > 0 and var count)
                heard.AddRange(buffer.AsSpan(0, count));
        }
        catch (IOException)
        {
            // The worker has closed with something unread.
        }

        return Encoding.UTF8.GetString([.. heard]);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await Client.DisposeAsync();
        await Task.WhenAll(_serving);
        _ends.ForEach(end => end.Dispose());
        _desk.Dispose();
        _stop.Dispose();
    }

    private static NetworkStream Stream(SafeHandle handle)
    {
        var stream = new NetworkStream(new Socket(new SafeSocketHandle(handle.DangerousGetHandle(), ownsHandle: true)), ownsSocket: true);
        handle.SetHandleAsInvalid();
        return stream;
    }

    private NetworkStream Open(SafeHandle handle)
    {
        var stream = Stream(handle);
        _ends.Add(stream);
        return stream;
    }
}
