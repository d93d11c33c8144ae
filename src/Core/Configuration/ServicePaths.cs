namespace VirtHandover.Configuration;

/// <summary>Where the service keeps its things; systemd's environment names the directories.</summary>
/// <param name="Configuration">The main configuration file.</param>
/// <param name="State">Kept over reboots: the journals, and the queue in a directory of its own.</param>
/// <param name="Runtime">Dies with the host's boot: the hook's stamp, the records of how VMs were started.</param>
public sealed record ServicePaths(string Configuration, string State, string Runtime)
{
    /// <summary>What can be made again: the old QEMU that a canary starts on.</summary>
    public string Cache { get; init; } = "/var/cache/virt-handover";

    /// <summary>The front's own directory; all the others are root's.</summary>
    public string Queue => Path.Combine(State, "queue");

    /// <summary>The database of queue and history.</summary>
    public string Database => Path.Combine(Queue, "virt-handover.db");

    /// <summary>The socket on which the worker is asked.</summary>
    public string Worker { get; init; } = "/run/virt-handover-worker.sock";

    /// <summary>The administrator's own programs that are told what happens.</summary>
    public string Notify => Path.Combine(Path.GetDirectoryName(Configuration) ?? "/", "notify.d");

    /// <summary>The journals of handovers.</summary>
    public string Journals => Path.Combine(State, "journal");

    /// <summary>Which canaries came through.</summary>
    public string Canaries => Path.Combine(State, "canaries");

    /// <summary>What the package hook leaves when it cannot reach the service.</summary>
    public string PendingStamp => Path.Combine(Runtime, "pending");

    /// <summary>
    /// Reads <c>VIRT_HANDOVER_CONFIG</c>, <c>VIRT_HANDOVER_WORKER</c>, <c>STATE_DIRECTORY</c>, <c>RUNTIME_DIRECTORY</c> and <c>CACHE_DIRECTORY</c>.
    /// </summary>
    /// <param name="variable">Reads one environment variable.</param>
    /// <returns>The paths, with the installed defaults for what is not set.</returns>
    public static ServicePaths FromEnvironment(Func<string, string?> variable)
    {
        ArgumentNullException.ThrowIfNull(variable);
        return new ServicePaths(
            First(variable("VIRT_HANDOVER_CONFIG"), "/etc/virt-handover/virt-handover.conf"),
            First(variable("STATE_DIRECTORY")?.Split(':')[0], "/var/lib/virt-handover"),
            First(variable("RUNTIME_DIRECTORY")?.Split(':')[0], "/run/virt-handover"))
        {
            Cache = First(variable("CACHE_DIRECTORY")?.Split(':')[0], "/var/cache/virt-handover"),
            Worker = First(variable("VIRT_HANDOVER_WORKER"), "/run/virt-handover-worker.sock"),
        };
    }

    /// <summary>The same for the front, whose <c>STATE_DIRECTORY</c> is <see cref="Queue"/>.</summary>
    /// <param name="variable">Reads one environment variable.</param>
    /// <returns>The paths.</returns>
    public static ServicePaths OfFront(Func<string, string?> variable)
    {
        var paths = FromEnvironment(variable);
        return string.IsNullOrEmpty(variable("STATE_DIRECTORY")) ? paths : paths with { State = Path.GetDirectoryName(paths.State) ?? "/" };
    }

    private static string First(string? value, string otherwise) => string.IsNullOrEmpty(value) ? otherwise : value;
}
