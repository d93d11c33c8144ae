namespace VirtHandover.Worker;

/// <summary>A handover that a front has ordered of this worker, from before it begins until its end.</summary>
/// <param name="domain">The domain's UUID.</param>
internal sealed class UnderWay(Guid domain) : IDisposable
{
    private readonly TaskCompletionSource _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource _cancel = new();

    /// <summary>The domain's UUID.</summary>
    internal Guid Domain => domain;

    /// <summary>Completes when nothing is done for it any more.</summary>
    internal Task Ended => _ended.Task;

    /// <summary>Is cancelled when it is taken back.</summary>
    internal CancellationToken Cancel => _cancel.Token;

    /// <summary>Tells whoever waits for it, instead of the front that ordered it, why it cannot be brought to an end yet.</summary>
    internal event Action<string>? Alarmed;

    /// <summary>Takes it back, as far as that goes.</summary>
    internal void TakeBack()
    {
        try
        {
            _cancel.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Passes an alarm on.</summary>
    /// <param name="sentence">A sentence for the administrator.</param>
    internal void Alarm(string sentence) => Alarmed?.Invoke(sentence);

    /// <inheritdoc/>
    public void Dispose()
    {
        _ended.TrySetResult();
        _cancel.Dispose();
    }
}
