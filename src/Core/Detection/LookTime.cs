using System.Diagnostics;
using VirtHandover.Foreign;

namespace VirtHandover.Detection;

/// <summary>
/// How long one VM has been looked at. The host's own tools (<c>--version</c>, rpm, dpkg) have limits of their own and are slow when the host is: their
/// time does
/// not count against the VM.
/// </summary>
internal sealed class LookTime
{
    /// <summary>The tools' limits together are less than eight times a look's.</summary>
    private const int Longest = 9;

    private static readonly TimeSpan LeastWait = TimeSpan.FromMilliseconds(20);

    private readonly Lock _lock = new();
    private readonly Stopwatch _own = Stopwatch.StartNew();
    private readonly Stopwatch _all = Stopwatch.StartNew();

    /// <summary>How long a look may take.</summary>
    internal TimeSpan Limit { get; init; } = ForeignBounds.Look;

    /// <summary>Runs something of the host's.</summary>
    internal async Task<T> OutsideAsync<T>(Func<Task<T>> tool)
    {
        lock (_lock)
            _own.Stop();
        try
        {
            return await tool().ConfigureAwait(false);
        }
        finally
        {
            lock (_lock)
                _own.Start();
        }
    }

    /// <summary>Waits for a look's end, as long as it may take.</summary>
    /// <param name="look">The look.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>False when it took too long; it is left to itself.</returns>
    internal async Task<bool> WaitAsync(Task look, CancellationToken cancellationToken)
    {
        while (Left() is { } left)
        {
            // Not by an exception: one that hangs is waited for in many scans' beginnings.
            using var waiting = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            if (await Task.WhenAny(look, Task.Delay(left, waiting.Token)).ConfigureAwait(false) == look)
            {
                await waiting.CancelAsync().ConfigureAwait(false);
                return true;
            }

            cancellationToken.ThrowIfCancellationRequested();
        }

        return look.IsCompleted;
    }

    private TimeSpan? Left()
    {
        lock (_lock)
        {
            var left = Limit - _own.Elapsed;
            return left <= TimeSpan.Zero || _all.Elapsed > Longest * Limit ? null : left > LeastWait ? left : LeastWait;
        }
    }
}
