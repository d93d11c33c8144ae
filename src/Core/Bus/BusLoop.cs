using System.Diagnostics;
using System.Runtime.InteropServices;
using VirtHandover.Bus.Gate;
using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus;

/// <summary>What the loop waits for.</summary>
/// <param name="Descriptor">The socket.</param>
/// <param name="Events">For <c>poll</c>.</param>
/// <param name="UntilMicroseconds">On CLOCK_MONOTONIC; <see cref="ulong.MaxValue"/> for ever.</param>
/// <param name="Gate">What stands before that socket, if anything does.</param>
internal readonly record struct BusWait(int Descriptor, short Events, ulong UntilMicroseconds, GateWait? Gate = null);

/// <summary>A thread that alternates between posted work, one step of its owner, and <c>poll</c>.</summary>
internal sealed unsafe class BusLoop
{
    private readonly Lock _gate = new();
    private readonly Queue<Action> _posted = new();
    private readonly Action _start;
    private readonly Func<BusWait> _step;
    private readonly Action<Exception?> _stop;
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _thread;
    private int _wakeup = -1;
    private bool _started;
    private bool _stopping;
    private bool _closed;

    /// <param name="name">The thread's name.</param>
    /// <param name="start">Runs first; when it throws, only <paramref name="stop"/> follows.</param>
    /// <param name="step">Does what can be done without waiting; when it throws, the loop ends.</param>
    /// <param name="stop">Runs last, always, with what ended the loop or null.</param>
    internal BusLoop(string name, Action start, Func<BusWait> step, Action<Exception?> stop)
    {
        (_start, _step, _stop) = (start, step, stop);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    internal void Start()
    {
        _wakeup = Libc.eventfd(0, Libc.EFD_CLOEXEC | Libc.EFD_NONBLOCK);
        if (_wakeup < 0)
            throw new BusException(BusErrorNames.Failed, $"Could not make an eventfd: {Marshal.GetLastPInvokeErrorMessage()}.");
        _started = true;
        _thread.Start();
    }

    /// <summary>Runs work on the thread, in the order in which it was posted.</summary>
    /// <returns>False when the loop has ended: the work will not run.</returns>
    internal bool Post(Action work)
    {
        lock (_gate)
        {
            if (_closed)
                return false;
            _posted.Enqueue(work);
            Wake_NeedsLock();
            return true;
        }
    }

    internal Task StopAsync()
    {
        lock (_gate)
        {
            if (!_started)
                return Task.CompletedTask;
            _stopping = true;
            if (!_closed)
                Wake_NeedsLock();
        }

        return _ended.Task;
    }

    private void Wake_NeedsLock()
    {
        // EAGAIN means that the counter is full: then the thread wakes up anyway.
        ulong one = 1;
        _ = Libc.write(_wakeup, &one, sizeof(ulong));
    }

    private void Run()
    {
        Exception? failure = null;
        try
        {
            _start();
            while (TakePosted(out var work))
            {
                foreach (var item in work)
                    item();
                var wait = _step();
                if (!IsStopping())
                    Wait(wait);
            }
        }
        catch (Exception e)
        {
            failure = e;
        }

        // Whatever happens here ends this connection and nothing else: on a thread of its own an exception would end the process.
        Guarded(() => _stop(failure));
        foreach (var item in Close())
            Guarded(item);
        _ended.TrySetResult();
    }

    private static void Guarded(Action action)
    {
        try
        {
            action();
        }
        catch (Exception)
        {
            // The loop has ended; whoever waits for this work has a limit of his own, or hears of the end.
        }
    }

    // What came too late runs after the stop, so that it notices by itself that there is nothing left.
    private List<Action> Close()
    {
        lock (_gate)
        {
            _closed = true;
            _ = Libc.close(_wakeup);
            List<Action> late = [.. _posted];
            _posted.Clear();
            return late;
        }
    }

    private bool IsStopping()
    {
        lock (_gate)
            return _stopping;
    }

    // What was posted before the stop still runs: the last replies and signals are among it.
    private bool TakePosted(out List<Action> work)
    {
        lock (_gate)
        {
            work = [.. _posted];
            _posted.Clear();
            return !_stopping || work.Count > 0;
        }
    }

    private void Wait(BusWait wait)
    {
        // poll leaves a descriptor of -1 out.
        var gate = wait.Gate ?? new GateWait(-1, 0, -1, 0, -1);
        var fds = stackalloc Libc.pollfd[4];
        fds[0] = new Libc.pollfd { fd = wait.Descriptor, events = wait.Events };
        fds[1] = new Libc.pollfd { fd = _wakeup, events = Libc.POLLIN };
        fds[2] = new Libc.pollfd { fd = gate.Bus, events = gate.BusEvents };
        fds[3] = new Libc.pollfd { fd = gate.Inner, events = gate.InnerEvents };

        // As unsigned numbers, so that -1, for ever, is the longest.
        var limit = (int)Math.Min((uint)Milliseconds(wait.UntilMicroseconds), (uint)gate.Milliseconds);
        if (Libc.poll(fds, 4, limit) < 0 && Marshal.GetLastPInvokeError() != Libc.EINTR)
            throw new BusException(BusErrorNames.Failed, $"Could not wait for the bus: {Marshal.GetLastPInvokeErrorMessage()}.");
        ulong ignored;
        _ = Libc.read(_wakeup, &ignored, sizeof(ulong));
    }

    // Stopwatch reads the clock that sd-bus means; rounded up, or the last millisecond would be spent spinning.
    private static int Milliseconds(ulong until)
    {
        if (until == ulong.MaxValue)
            return -1;
        var now = (ulong)(Stopwatch.GetTimestamp() / (Stopwatch.Frequency / 1_000_000));
        return until <= now ? 0 : (int)Math.Min((until - now + 999) / 1000, int.MaxValue);
    }
}
