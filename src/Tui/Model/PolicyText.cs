using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>What applies to a domain, and where that is written, in one line.</summary>
internal static class PolicyText
{
    /// <summary>For example <c>auto, window Sun 02:00-04:00 (from the domain's own metadata); pause up to 30 ms (from the host's configuration)</c>; empty when the service does not say.</summary>
    public static string Of(DomainView domain, HostView? host)
    {
        if (domain.PolicyMode.Length == 0)
        {
            return "";
        }

        var budget = DetailSubject.BudgetOf(domain, host);
        (string Name, string Text)[] parts =
        [
            ("mode", domain.PolicyMode),
            ("window", domain.PolicyWindow.Length > 0 ? $"window {domain.PolicyWindow}" : ""),
            ("max_pause", budget > 0 ? $"pause up to {Quantity.Duration(budget)}" : ""),
            ("priority", domain.PolicyPriority != 0 ? $"priority {domain.PolicyPriority}" : ""),
        ];
        // A service that does not tell the parts apart has none of its own.
        var rest = domain.PolicyOwn.Count == 0 ? [] : parts.Where(part => part.Text.Length > 0 && !domain.PolicyOwn.Contains(part.Name)).ToList();
        return Join(parts.Except(rest)) + Source(domain.PolicySource) + (rest.Count > 0 ? $"; {Join(rest)} (from the host's configuration)" : "")
            + (domain.PolicyRefusal.Length > 0 ? $". {domain.PolicyRefusal}" : "");

        static string Join(IEnumerable<(string Name, string Text)> some) => string.Join(", ", some.Select(part => part.Text).Where(text => text.Length > 0));
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
