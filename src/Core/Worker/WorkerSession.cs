using System.Collections.Concurrent;
using System.Threading.Channels;
using Serilog;
using VirtHandover.Foreign;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>One connection of a front: reads its requests and writes the replies. What is not exactly right ends the connection, and nothing else.</summary>
/// <param name="desk">Answers.</param>
/// <param name="stream">The connection.</param>
/// <param name="build">This build.</param>
/// <param name="log">The worker's log.</param>
/// <param name="greeted">Called when a front of this build has greeted, before it is answered.</param>
internal sealed class WorkerSession(WorkerDesk desk, Stream stream, string build, ILogger log, Action greeted)
{
    /// <summary>Calls at a time: a preflight of each VM that is slow, and a few more.</summary>
    internal const int MostCalls = 64;

    /// <summary>Bytes of replies for a front that does not read; one that reads has them in no time.</summary>
    private const long MostWaiting = 64L << 20;

    /// <summary>For whoever connects by itself; a front that was started with its connection greets when it has come that far.</summary>
    internal TimeSpan GreetingLimit { get; init; } = Timeout.InfiniteTimeSpan;

    private readonly ConcurrentDictionary<long, CancellationTokenSource> _calls = new();
    private readonly Channel<byte[]> _replies = Channel.CreateUnbounded<byte[]>();
    private Action _overflow = () => { };
    private long _waiting;
    private long _last;

    /// <summary>Serves until the front has gone.</summary>
    /// <param name="cancellationToken">Ends it.</param>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _overflow = () => Cancel(end);
        var writing = WriteAsync(end);
        try
        {
            await ReadAsync(end.Token).ConfigureAwait(false);
        }
        catch (WorkerException e)
        {
            log.Warning("A connection of the front was ended: {Reason}", ForeignText.Escape(e.Message));
        }
        catch (OperationCanceledException)
        {
            // Ended by the writer or from outside.
        }
        finally
        {
            _replies.Writer.TryComplete();
            foreach (var call in _calls.Values)
                Cancel(call);
            // A last word, such as that of another build, is still sent.
            await Task.WhenAny(writing, Task.Delay(TimeSpan.FromSeconds(1), CancellationToken.None)).ConfigureAwait(false);
            await end.CancelAsync().ConfigureAwait(false);
            await writing.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ReadAsync(CancellationToken cancellationToken)
    {
        var lines = new WorkerLines<Asked>(stream, WorkerJson.Default.Asked);
        if (await GreetingAsync(lines, cancellationToken).ConfigureAwait(false) is not { } first)
            return;
        if (first.Request is not WorkerRequest.Greet greet)
            throw new WorkerException("It did not begin with a greeting.");
        if (greet.Build == build)
            greeted();
        Tell(first.Call, new WorkerReply.Greeting(build));
        if (greet.Build != build)
            throw new WorkerException("The front is of another build; whichever is the older one makes way.");
        Tell(first.Call, new WorkerReply.Done());
        _last = first.Call;
        while (await lines.ReadAsync(cancellationToken).ConfigureAwait(false) is { } asked)
        {
            if (asked.Request is WorkerRequest.Stop stop)
            {
                if (_calls.TryGetValue(stop.Call, out var stopped))
                    Cancel(stopped);
                continue;
            }

            if (asked.Call <= _last)
                throw new WorkerException("It gave a number twice.");
            _last = asked.Call;
            if (_calls.Count >= MostCalls)
            {
                Tell(asked.Call, new WorkerReply.Failed(FailureKind.Worker, 0, $"More than {MostCalls} calls are under way."));
                continue;
            }

            var call = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            _calls[asked.Call] = call;
            _ = Task.Run(() => AnswerAsync(asked, call), CancellationToken.None);
        }
    }

    private async Task<Asked?> GreetingAsync(WorkerLines<Asked> lines, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(GreetingLimit);
        try
        {
            return await lines.ReadAsync(limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new WorkerException("It did not greet in time.");
        }
    }

    private async Task AnswerAsync(Asked asked, CancellationTokenSource call)
    {
        try
        {
            await desk.AnswerAsync(asked.Request, reply => Tell(asked.Call, reply), call.Token).ConfigureAwait(false);
            Tell(asked.Call, new WorkerReply.Done());
        }
        catch (Exception e)
        {
            if (e is not OperationCanceledException)
                log.Debug("{Request}: {Error}", asked.Request.GetType().Name, e.ToString());
            Tell(asked.Call, WorkerFailure.Of(e));
        }
        finally
        {
            if (_calls.TryRemove(asked.Call, out _))
                call.Dispose();
        }
    }

    private void Tell(long call, WorkerReply reply)
    {
        byte[] line;
        try
        {
            line = WorkerJson.Write(new Told(call, reply), WorkerJson.Default.Told);
        }
        catch (WorkerException e)
        {
            line = WorkerJson.Write(new Told(call, WorkerFailure.Of(e)), WorkerJson.Default.Told);
        }

        // Whoever has gone, or does not read what it asks for, is not waited for.
        if (_replies.Writer.TryWrite(line) && Interlocked.Add(ref _waiting, line.Length) > MostWaiting && _replies.Writer.TryComplete())
            _overflow();
    }

    private async Task WriteAsync(CancellationTokenSource end)
    {
        try
        {
            await foreach (var line in _replies.Reader.ReadAllAsync(end.Token).ConfigureAwait(false))
            {
                await stream.WriteAsync(line, end.Token).ConfigureAwait(false);
                Interlocked.Add(ref _waiting, -line.Length);
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The front has gone.
        }

        await end.CancelAsync().ConfigureAwait(false);
    }

    private static void Cancel(CancellationTokenSource call)
    {
        try
        {
            call.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }
}
