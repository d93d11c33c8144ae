namespace VirtHandover.Handover;

/// <summary>Passes alarms on at once, on the thread that raises them; <see cref="Progress{T}"/> would pass them to the thread pool, in any order.</summary>
/// <param name="tell">Who is told.</param>
public sealed class AlarmSink(Action<string> tell) : IProgress<string>
{
    /// <inheritdoc/>
    public void Report(string value) => tell(value);
}
