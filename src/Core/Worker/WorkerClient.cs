using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Threading.Channels;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>The front's connection to the worker: made when it is needed, and again when the worker was restarted.</summary>
/// <param name="connect">Connects.</param>
/// <param name="build">This build; a worker of another one is not asked.</param>
public sealed class WorkerClient(Func<CancellationToken, Task<Stream>> connect, string build) : IAsyncDisposable
{
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _gate = new(1);
    private readonly TaskCompletionSource _gone = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Link? _link;
    private bool _isOfAnotherBuild;

    /// <summary>True when the worker that was met last is of another build, so that nothing can be asked of it.</summary>
    public bool IsOfAnotherBuild
    {
        get => Volatile.Read(ref _isOfAnotherBuild);
        private set => Volatile.Write(ref _isOfAnotherBuild, value);
    }

    /// <summary>Completes when a connection has ended; the next call makes another one.</summary>
    public Task Gone => _gone.Task;

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_link is { } link)
            await link.DisposeAsync().ConfigureAwait(false);
        _gate.Dispose();
    }

    /// <summary>Asks.</summary>
    /// <param name="request">For what.</param>
    /// <param name="cancellationToken">Stops connecting.</param>
    /// <exception cref="WorkerException">The worker cannot be reached.</exception>
    internal async Task<WorkerCall> AskAsync(WorkerRequest request, CancellationToken cancellationToken) =>
        await (await LinkAsync(cancellationToken).ConfigureAwait(false)).AskAsync(request, cancellationToken).ConfigureAwait(false);

    /// <summary>Asks for one thing.</summary>
    /// <typeparam name="T">What the answer is.</typeparam>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="WorkerException">The worker cannot be reached, or could not do it.</exception>
    internal async Task<T> AnswerAsync<T>(WorkerRequest request, CancellationToken cancellationToken)
        where T : WorkerReply
    {
        using var call = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        T? answer = null;
        await foreach (var reply in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
            answer = reply as T ?? answer;
        return answer ?? throw new WorkerException("The worker gave no answer.");
    }

    /// <summary>Asks for something that has no answer.</summary>
    /// <param name="request">The request.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <exception cref="WorkerException">The worker cannot be reached, or could not do it.</exception>
    internal async Task DoAsync(WorkerRequest request, CancellationToken cancellationToken)
    {
        using var call = await AskAsync(request, cancellationToken).ConfigureAwait(false);
        await foreach (var _ in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
        {
            // Only its end counts.
        }
    }

    private async Task<Link> LinkAsync(CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_link is { IsAlive: true } alive)
                return alive;
            if (_link is { } old)
                await old.DisposeAsync().ConfigureAwait(false);
            _link = null;
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(s_limit);
            var link = new Link(await connect(limit.Token).ConfigureAwait(false), () => _gone.TrySetResult());
            try
            {
                await GreetAsync(link, limit.Token).ConfigureAwait(false);
                return _link = link;
            }
            catch
            {
                await link.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }
        catch (Exception e) when (e is SocketException or IOException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            var why = e is OperationCanceledException ? $"it did not answer within {s_limit.TotalSeconds} s" : e.Message.TrimEnd('.');
            throw Away($"virt-handoverd's worker cannot be reached: {why}. See: systemctl status virt-handover-worker");
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task GreetAsync(Link link, CancellationToken cancellationToken)
    {
        var isGreeted = false;
        using var call = await link.AskAsync(new WorkerRequest.Greet(build), cancellationToken).ConfigureAwait(false);
        await foreach (var reply in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
        {
            isGreeted = reply is WorkerReply.Greeting greeting && greeting.Build == build;
            if (!isGreeted)
            {
                IsOfAnotherBuild = true;
                throw Away("virt-handoverd's worker is of another build; the older one makes way when no handover is under way.");
            }
        }

        if (!isGreeted)
            throw Away("virt-handoverd's worker did not greet.");
        IsOfAnotherBuild = false;
    }

    private static WorkerException Away(string sentence) => new(sentence) { IsAway = true };

    /// <summary>One connection.</summary>
    private sealed class Link : IAsyncDisposable
    {
        private readonly Stream _stream;
        private readonly Action _broken;
        private readonly SemaphoreSlim _writing = new(1);
        private readonly ConcurrentDictionary<long, ChannelWriter<WorkerReply>> _calls = new();
        private readonly CancellationTokenSource _end = new();
        private readonly Task _reading;
        private long _last;
        private volatile bool _dead;

        internal Link(Stream stream, Action broken)
        {
            _stream = stream;
            _broken = broken;
            _reading = Task.Run(ReadAsync);
        }

        internal bool IsAlive => !_dead;

        internal async Task<WorkerCall> AskAsync(WorkerRequest request, CancellationToken cancellationToken)
        {
            var replies = Channel.CreateUnbounded<WorkerReply>();
            long number;
            await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                // Numbers grow in the order in which they are sent.
                number = ++_last;
                var line = WorkerJson.Write(new Asked(number, request), WorkerJson.Default.Asked);
                _calls[number] = replies.Writer;
                if (_dead)
                    throw Ended();
                await _stream.WriteAsync(line, CancellationToken.None).ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                throw Ended();
            }
            finally
            {
                _writing.Release();
            }

            return new WorkerCall(replies.Reader, () => Stop(number), () => _calls.TryRemove(number, out _));
        }

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync().ConfigureAwait(false);
            await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            await _stream.DisposeAsync().ConfigureAwait(false);
            _end.Dispose();
        }

        private static WorkerException Ended() => Away("virt-handoverd's worker has ended.");

        private void Stop(long number)
        {
            if (!_dead)
                _ = Task.Run(() => SendStopAsync(number));
        }

        private async Task SendStopAsync(long number)
        {
            try
            {
                await _writing.WaitAsync(_end.Token).ConfigureAwait(false);
                try
                {
                    var line = WorkerJson.Write(new Asked(0, new WorkerRequest.Stop(number)), WorkerJson.Default.Asked);
                    await _stream.WriteAsync(line, _end.Token).ConfigureAwait(false);
                }
                finally
                {
                    _writing.Release();
                }
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
            {
                // Its end stops everything.
            }
        }

        private async Task ReadAsync()
        {
            var why = Ended();
            try
            {
                var lines = new WorkerLines<Told>(_stream, WorkerJson.Default.Told);
                while (await lines.ReadAsync(_end.Token).ConfigureAwait(false) is { } told)
                {
                    if (_calls.TryGetValue(told.Call, out var call))
                    {
                        _ = call.TryWrite(told.Reply);
                        if (told.Reply is WorkerReply.Done or WorkerReply.Failed && _calls.TryRemove(told.Call, out _))
                            call.TryComplete();
                    }
                }
            }
            catch (WorkerException e)
            {
                why = Away(e.Message);
            }
            catch (OperationCanceledException)
            {
                // Disposed.
            }

            _dead = true;
            foreach (var number in _calls.Keys)
            {
                if (_calls.TryRemove(number, out var call))
                    call.TryComplete(why);
            }

            _broken();
        }
    }
}
