namespace VirtHandover.Queue;

/// <summary>
/// Holds the queue's state and knows what the database has of it. One lock around all: what changes is on disk before anybody sees it, and is told outside
/// the lock, so that a listener may call back.
/// </summary>
/// <param name="store">The database.</param>
/// <param name="time">The clock.</param>
/// <param name="written">What the database has.</param>
/// <param name="begin">The queue as it begins.</param>
/// <param name="tell">Is given the steps that were taken, and whether the state is another one.</param>
internal sealed class QueueLedger(UpgradeStore store, TimeProvider time, QueueState written, QueueState begin, Action<IReadOnlyList<QueueStep>, bool> tell)
{
    private readonly Lock _lock = new();
    private QueueState _state = begin;
    // Not the state before: what could not be written when it happened is written with the next step.
    private QueueState _written = written;
    private List<QueueStep> _taken = [];

    /// <summary>The queue now; while a step is being written, once it is.</summary>
    public QueueState State
    {
        get
        {
            lock (_lock)
            {
                return _state;
            }
        }
    }

    /// <summary>
    /// Changes the queue under the lock, by <see cref="Take"/> and <see cref="Show"/>, and tells what has become of it, also when the rest was refused.
    /// </summary>
    /// <param name="change">What to do.</param>
    public void Change(Action change)
    {
        IReadOnlyList<QueueStep> taken = [];
        var isOther = false;
        try
        {
            lock (_lock)
            {
                var before = _state;
                _taken = [];
                try
                {
                    change();
                }
                finally
                {
                    (taken, isOther) = (_taken, !ReferenceEquals(before, _state));
                }
            }
        }
        finally
        {
            tell(taken, isOther);
        }
    }

    /// <summary>Writes a step, then shows it.</summary>
    /// <param name="step">What is made of the queue.</param>
    /// <param name="otherwise">What it comes to when it cannot be written.</param>
    /// <exception cref="QueueException">It could not, and is <see cref="Unwritten.Refused"/>.</exception>
    /// <exception cref="StoreException">It could not, and is not seen or tried again.</exception>
    public void Take(QueueStep step, Unwritten otherwise)
    {
        try
        {
            if (StoreChange.Between(_written, step) is { IsEmpty: false } change)
                store.Commit(change, time.GetUtcNow());
            _written = step.State;
            _state = AlarmRule.Set(step.State, AlarmSource.Store, null);
        }
        catch (StoreException e) when (otherwise is Unwritten.Happened)
        {
            _state = AlarmRule.Set(step.State, AlarmSource.Store, step.Ended is { } report ? EndRule.Unwritten(report, e) : e.Message);
        }
        catch (StoreException e) when (otherwise is Unwritten.NotSeen)
        {
            _state = ScanRule.Failed(_state, AlarmSource.Store, e.Message);
            throw;
        }
        catch (StoreException e) when (otherwise is Unwritten.Refused)
        {
            throw NotRecorded(e);
        }

        _taken.Add(step);
    }

    /// <summary>Shows what is not kept.</summary>
    /// <param name="state">The queue from now on.</param>
    public void Show(QueueState state) => _state = state;

    /// <summary>Notes what nobody is shown, and so nobody is told of.</summary>
    /// <param name="change">What to note.</param>
    /// <returns>The queue from now on.</returns>
    public QueueState Note(Func<QueueState, QueueState> change)
    {
        lock (_lock)
        {
            return _state = change(_state);
        }
    }

    /// <summary>Refuses what could not be recorded.</summary>
    public QueueException NotRecorded(StoreException e)
    {
        _state = AlarmRule.Set(_state, AlarmSource.Store, e.Message);
        return new QueueException(QueueFault.NotRecorded, $"{e.Message} Nothing was done to any VM, and nothing was changed.");
    }
}
