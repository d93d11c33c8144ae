using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Cli;

/// <summary>From what the user typed to a domain of the service.</summary>
internal static class DomainFinder
{
    private const int MostNames = 8;

    /// <summary>Finds a domain by UUID or by its exact name.</summary>
    /// <exception cref="ServiceException">There is none; the sentence names those there are.</exception>
    public static DomainView Find(HostView view, string text)
    {
        var byName = view.Domains.FirstOrDefault(domain => domain.Name == text);
        var found = Guid.TryParse(text, out var uuid) ? view.Domains.FirstOrDefault(domain => domain.Uuid == uuid) ?? byName : byName;
        return found ?? throw new ServiceException(ServiceFault.UnknownDomain, $"No running domain has the name or UUID “{text}”; {There(view)}");
    }

    private static string There(HostView view)
    {
        var names = view.Domains.Take(MostNames).Select(domain => ShellWord.Domain(domain.Name, domain.Uuid));
        return view.Domains.Count switch
        {
            0 => "no domain is running.",
            <= MostNames => $"running are {string.Join(", ", names)}.",
            _ => $"{view.Domains.Count} are running, “virt-handover list” shows them.",
        };
    }
}
