using System.Threading.Channels;

namespace VirtHandover.Qemu;

/// <summary>Waits for an event.</summary>
public static class QmpEventWait
{
    /// <summary>Reads events until one fits; the ones before it are gone for this reader.</summary>
    /// <param name="events">The connection's events.</param>
    /// <param name="fits">Which event is meant.</param>
    /// <param name="what">What is waited for, for the error sentence, for example <c>the guest to stop (source of VM web-01)</c>.</param>
    /// <param name="limit">How long to wait.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>The event.</returns>
    /// <exception cref="QmpProtocolException">The connection ended, or the limit passed.</exception>
    public static async Task<QmpEvent> WaitForAsync(
        this ChannelReader<QmpEvent> events, Func<QmpEvent, bool> fits, string what, TimeSpan limit, CancellationToken cancellationToken = default)
    {
        using var deadline = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        deadline.CancelAfter(limit);
        try
        {
            while (true)
            {
                if (await events.ReadAsync(deadline.Token).ConfigureAwait(false) is var e && fits(e))
                    return e;
            }
        }
        catch (ChannelClosedException e)
        {
            throw new QmpProtocolException(QmpFault.Closed, $"The monitor closed while waiting for {what}.", e);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new QmpProtocolException(QmpFault.Deadline, $"Waited {QmpDeadline.Words(limit)} for {what} in vain.", e);
        }
    }
}
