using System.Diagnostics;

namespace VirtHandover.Handover;

/// <summary>Times the phases and tells the observer of each.</summary>
internal sealed class PhaseClock(IProgress<HandoverProgress> progress, TimeProvider clock)
{
    private readonly List<PhaseDuration> _done = [];
    private (HandoverPhase Phase, long Since)? _current;

    /// <summary>Ends the phase that runs and begins the next.</summary>
    internal void Enter(HandoverPhase phase)
    {
        Close();
        _current = (phase, Stopwatch.GetTimestamp());
        progress.Report(new HandoverProgress.Entered(phase, clock.GetUtcNow()));
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
