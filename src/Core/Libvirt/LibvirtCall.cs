using System.Diagnostics;
using System.Globalization;

namespace VirtHandover.Libvirt;

/// <summary>Runs a blocking libvirt call on a thread of its own and stops waiting for it at a limit.</summary>
/// <remarks>
/// A call into libvirt cannot be interrupted. One that hangs (a stopped daemon, a stuck monitor) keeps its own thread and no
/// other: the caller goes on, and what the call returns later is cleaned up.
/// </remarks>
internal static class LibvirtCall
{
    /// <summary>Runs it.</summary>
    /// <param name="purpose">What it is for, behind "asked to".</param>
    /// <param name="call">The call.</param>
    /// <param name="limit">How long the caller waits, for a place and for the answer together.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <param name="tooLate">Gets what nobody waits for any more.</param>
    /// <param name="places">How many may be under way; a place is free again when the call itself returns, not when its caller gives up.</param>
    /// <exception cref="LibvirtException">No answer in time, or what the call throws.</exception>
    public static async Task<T> RunAsync<T>(
        string purpose, Func<T> call, TimeSpan limit, CancellationToken cancellationToken, Action<T>? tooLate = null, SemaphoreSlim? places = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        long since = Stopwatch.GetTimestamp();
        if (places is not null && !await places.WaitAsync(limit, cancellationToken).ConfigureAwait(false))
        {
            throw NoAnswer(purpose, limit);
        }

        Task<T> task = Task.Factory.StartNew(
            () =>
            {
                try
                {
                    return call();
                }
                finally
                {
                    _ = places?.Release();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        try
        {
            TimeSpan left = limit - Stopwatch.GetElapsedTime(since);
            return await task.WaitAsync(left > TimeSpan.Zero ? left : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception exception) when (exception is TimeoutException or OperationCanceledException && !task.IsFaulted)
        {
            _ = task.ContinueWith(
                late =>
                {
                    if (late.IsCompletedSuccessfully)
                    {
                        tooLate?.Invoke(late.Result);
                    }
                    else
                    {
                        _ = late.Exception;
                    }
                },
                CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            if (exception is OperationCanceledException)
            {
                throw;
            }

            throw NoAnswer(purpose, limit);
        }
    }

    private static LibvirtException NoAnswer(string purpose, TimeSpan limit)
    {
        string seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
        return new LibvirtException(
            LibvirtException.NoAnswer,
            $"libvirt did not answer within {seconds} s when asked to {purpose}; check that its daemon is not stopped or overloaded.");
    }
}
