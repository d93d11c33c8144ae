using System.Globalization;

namespace VirtHandover.Libvirt;

/// <summary>Runs a blocking libvirt call on a thread of its own and stops waiting for it at a limit.</summary>
/// <remarks>
/// A call into libvirt cannot be interrupted. One that hangs (a stopped daemon, a stuck monitor) keeps its own thread and no
/// other: the caller goes on, and what the call returns later is cleaned up.
/// </remarks>
internal static class LibvirtCall
{
    public static async Task<T> RunAsync<T>(
        string purpose, Func<T> call, TimeSpan limit, CancellationToken cancellationToken, Action<T>? tooLate = null)
    {
        cancellationToken.ThrowIfCancellationRequested();
        Task<T> task = Task.Factory.StartNew(
            call, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        try
        {
            return await task.WaitAsync(limit, cancellationToken).ConfigureAwait(false);
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

            string seconds = limit.TotalSeconds.ToString("0.###", CultureInfo.InvariantCulture);
            throw new LibvirtException(
                LibvirtException.NoAnswer,
                $"libvirt did not answer within {seconds} s when asked to {purpose}; check that its daemon is not stopped or overloaded.");
        }
    }
}
