using VirtHandover.Linux.Proc;

namespace VirtHandover.Libvirt;

/// <summary>
/// The daemon as a systemd service with its activation sockets. Nothing is masked: the lock on <c>driver.pid</c> keeps a daemon
/// that somebody starts by hand from adopting a VM, and a mask would outlive a crash of ours.
/// </summary>
internal sealed class SystemdDaemon : LibvirtDaemon
{
    private SystemdDaemon(ProcessIdentity process, string service, IReadOnlyList<string> sockets)
        : base(process, service) => Recipe = new DaemonRecipe([service, .. sockets], "", [], []);

    internal override DaemonRecipe Recipe { get; }

    /// <summary>The service unit a process belongs to; null when it belongs to none.</summary>
    internal static string? UnitOf(int process) =>
        ProcFile.ReadText(ProcRoot.Host.File(process, "cgroup"))
            .Split('\n')
            .Select(line => line.Split(':', 3))
            .Where(parts => parts.Length == 3 && (parts[1] is "" or "name=systemd"))
            .SelectMany(parts => parts[2].Split('/'))
            .LastOrDefault(part => part.EndsWith(".service", StringComparison.Ordinal));

    // Only sockets that listen now are stopped and started again: the administrator's choice of TCP or TLS stays.
    internal static async Task<SystemdDaemon> ReadAsync(ProcessIdentity process, string service) =>
        new(process, service, await ActiveAsync("TriggeredBy", [service]).ConfigureAwait(false));

    internal override async Task RequestStopAsync(CancellationToken cancellationToken)
    {
        // The sockets first, so that no client brings the service back. These units and no other: whatever requires libvirt would be stopped with
        // it, with its ExecStop=, which may shut VMs down, and nothing would start it again.
        var result = await DaemonStart.SystemctlAsync(["stop", "--job-mode=ignore-requirements", .. Recipe.Units.Reverse()], cancellationToken).ConfigureAwait(false);
        if (result.ExitCode != 0)
            throw new LibvirtException(0, $"systemctl could not stop {Name}: {result.Errors}");
    }

    // Of a host that goes down systemd starts nothing any more, and libvirt-guests has to reach the VMs.
    internal override async Task<string?> ObstacleAsync()
    {
        if ((await DaemonStart.SystemctlAsync(["is-system-running"], default).ConfigureAwait(false)).Output.Trim() == "stopping")
            return "the host is shutting down";
        // What is bound to a unit ends with it in any case.
        var bound = await ActiveAsync("BoundBy", Recipe.Units).ConfigureAwait(false);
        return bound.Except(Recipe.Units).FirstOrDefault() is { } unit ? $"{unit} is bound to {Name} (BindsTo=) and would be stopped with it" : null;
    }

    internal override Task StartAsync(CancellationToken cancellationToken) => DaemonStart.RunUnitsAsync(Recipe.Units, cancellationToken);

    private static async Task<IReadOnlyList<string>> ActiveAsync(string relation, IReadOnlyList<string> units)
    {
        var shown = await DaemonStart.SystemctlAsync(["show", $"--property={relation}", "--value", .. units], default).ConfigureAwait(false);
        if (shown.ExitCode != 0)
            throw new LibvirtException(0, $"systemctl could not show what belongs to {units[0]} ({relation}=): {shown.Errors}");
        List<string> active = [];
        foreach (var unit in shown.Output.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries).Distinct())
        {
            if ((await DaemonStart.SystemctlAsync(["is-active", "--quiet", unit], default).ConfigureAwait(false)).ExitCode == 0)
                active.Add(unit);
        }

        return active;
    }
}
