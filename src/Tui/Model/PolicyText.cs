using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>What applies to a domain, and where that is written, in one line.</summary>
internal static class PolicyText
{
    /// <summary>For example <c>ask, window Sun 02:00-04:00, pause up to 30 ms (from the domain)</c>; empty when the service does not say.</summary>
    public static string Of(DomainView domain, HostView? host)
    {
        if (domain.PolicyMode.Length == 0)
        {
            return "";
        }

        var budget = DetailSubject.BudgetOf(domain, host);
        string[] parts =
        [
            domain.PolicyMode,
            domain.PolicyWindow.Length > 0 ? $"window {domain.PolicyWindow}" : "",
            budget > 0 ? $"pause up to {Quantity.Duration(budget)}" : "",
            domain.PolicyPriority != 0 ? $"priority {domain.PolicyPriority}" : "",
        ];
        return string.Join(", ", parts.Where(part => part.Length > 0)) + Source(domain.PolicySource);
    }

    private static string Source(string source) => source switch
    {
        "" => "",
        "domain" => " (from the domain's own metadata)",
        "configuration" => " (from the configuration file)",
        "default" => " (the default)",
        _ => $" ({source})",
    };
}
