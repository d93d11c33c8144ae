using VirtHandover.Bus.Client;
using VirtHandover.Contract;

namespace VirtHandover.Tui.Model;

/// <summary>A domain and what is known beside it.</summary>
/// <param name="Domain">The domain.</param>
/// <param name="Host">The host's view that it came with.</param>
/// <param name="Reports">Its past handovers, newest first.</param>
internal sealed record DetailSubject(DomainView Domain, HostView Host, IReadOnlyList<HandoverReport> Reports)
{
    /// <summary>Its pauses so far; null when there were none.</summary>
    public PauseStatistics? Pauses { get; } = PauseStatistics.Of(Reports.Reverse().Select(report => report.PauseMicroseconds));

    /// <summary>How long its guest may stand still, in µs; 0 when the service does not say.</summary>
    public long Budget => BudgetOf(Domain, Host);

    /// <summary>The domain's own budget, or else the host's; in µs, 0 when the service does not say.</summary>
    public static long BudgetOf(DomainView? domain, HostView? host) =>
        domain is { PolicyMaxPauseMicroseconds: > 0 } ? domain.PolicyMaxPauseMicroseconds : host?.PauseBudgetMicroseconds ?? 0;
}
