using System.Collections.Concurrent;
using System.Xml.Linq;

namespace VirtHandover.Tests.Integration.Views;

/// <summary>
/// Both views of every VM that a test hands over, before and after. Tests do not call it: it is called where guests are started,
/// where a handover is asked for, and where a guest has to prove that it lives.
/// </summary>
/// <param name="virsh">Runs virsh quietly with one argument and returns what it printed; null when it failed.</param>
/// <param name="process">The process that libvirt holds for a VM; null when it does not run.</param>
internal sealed class WatchedDomains(Func<string, Task<string?>> virsh, Func<string, Task<int?>> process)
{
    private readonly ConcurrentDictionary<string, Seen> _seen = new(StringComparer.Ordinal);

    /// <summary>Looks at a VM as it is now; what comes later is compared with this.</summary>
    /// <returns>Whether it could be looked at: it runs, and libvirt answers.</returns>
    internal async Task<bool> Remember(string domain)
    {
        if (await Look(domain) is not { } seen)
            return false;
        _seen[domain] = seen;
        return true;
    }

    /// <summary>Looks at all VMs of the host.</summary>
    internal async Task RememberAll()
    {
        foreach (var domain in (await virsh("list --name") ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            await Remember(domain.Trim());
    }

    /// <summary>If a VM runs in another process than when it was looked at last, it was handed over: it must look the same.</summary>
    /// <returns>What does not, one line each; empty when all is well, or when nothing happened.</returns>
    internal async Task<IReadOnlyList<string>> Check(string domain)
    {
        if (!_seen.TryGetValue(domain, out var before) || await process(domain) is not { } now || now == before.Process || await Look(domain) is not { } after)
            return [];
        _seen[domain] = after;
        // Destroyed and started again: another VM.
        return before.Run != after.Run ? [] : [.. before.Libvirt.DifferencesTo(after.Libvirt), .. before.Monitor.DifferencesTo(after.Monitor)];
    }

    private async Task<Seen?> Look(string domain)
    {
        if (await process(domain) is not { } number)
            return null;
        try
        {
            var libvirt = await LibvirtView.Take(Run, domain);
            return new Seen(number, XElement.Parse(libvirt.Parts["dumpxml"]).Attribute("id")?.Value ?? "", libvirt, await MonitorView.Take(Run, domain));
        }
        catch (InvalidOperationException)
        {
            return null; // libvirt is away, or the VM has just ended
        }
    }

    private async Task<string> Run(string script) => await virsh(script) ?? throw new InvalidOperationException("virsh failed.");

    private sealed record Seen(int Process, string Run, LibvirtView Libvirt, MonitorView Monitor);
}
