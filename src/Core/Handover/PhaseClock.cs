using System.Diagnostics;
using VirtHandover.Contract;

namespace VirtHandover.Handover;

/// <summary>Times the phases and tells the observer of each.</summary>
internal sealed class PhaseClock(IProgress<HandoverProgress> progress, TimeProvider clock)
{
    private readonly List<PhaseDuration> _done = [];
    private readonly List<HandoverProgress.Entered> _untold = [];
    private (HandoverPhase Phase, long Since)? _current;

    /// <summary>The phase that runs, as a word; null before the first and after the last.</summary>
    internal string? Word => _current is { } current ? PhaseWords.Of(current.Phase) : null;

    /// <summary>Ends the phase that runs and begins the next.</summary>
    internal void Enter(HandoverPhase phase)
    {
        EnterUntold(phase);
        Tell();
    }

    /// <summary>Tells what was not told.</summary>
    internal void Tell()
    {
        _untold.ForEach(progress.Report);
        _untold.Clear();
    }

    /// <summary>The same while a guest stands still: it is told with the next phase. Each word wakes three processes, on the CPUs that the two QEMUs need.</summary>
    internal void EnterUntold(HandoverPhase phase)
    {
        Close();
        _current = (phase, Stopwatch.GetTimestamp());
        _untold.Add(new HandoverProgress.Entered(phase, clock.GetUtcNow()));
    }

    /// <summary>Ends the last phase.</summary>
    /// <returns>All phases, in order.</returns>
    internal IReadOnlyList<PhaseDuration> Finish()
    {
        Close();
        return [.. _done];
    }

    private void Close()
    {
        if (_current is { } current)
            _done.Add(new PhaseDuration(current.Phase, (long)Stopwatch.GetElapsedTime(current.Since).TotalMicroseconds));
        _current = null;
    }
}
