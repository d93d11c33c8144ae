using System.Text.Json;
using System.Text.Json.Nodes;

namespace VirtHandover.Qemu;

/// <summary>
/// Every command that the QEMU of a running VM is ever sent; what is not here is not sent. A question can end a QEMU: 11.1.3 aborts at
/// <c>x-query-virtio-status</c> of a balloon, and the VM is gone. So it is asked what libvirt itself asks every running QEMU, by the same commands and, of
/// the object tree, the same names: those are answered on every host every day. No <c>x-</c> command and no human monitor command is among them.
/// What else has to be known comes from procfs, from libvirt's XML, and from QEMUs that run no guest (<see cref="TwinSnapshot"/>), which may be asked anything.
/// libvirt's functions have the names of 9.0 to 12.8, and each of Debian's 9.0, 11.3 and 12.8 has every one of these commands in its own code: the hosts'
/// LookingTests read that in the installed libvirt of each release.
/// </summary>
internal static class SourceCommands
{
    // As MigrationSettings has them. x-ignore-shared is a flag's name, not a command; libvirt does not set it, and without it there is no
    // handover of shared memory. Setting one stores a flag, and is done in a handover only, never by looking.
    private static readonly string[] Capabilities =
        ["x-ignore-shared", "return-path", "validate-uuid", "events", "late-block-activate", "pause-before-switchover"];

    private static readonly string[] Parameters = ["max-bandwidth", "downtime-limit"];

    /// <summary>The list.</summary>
    internal static IReadOnlyList<SourceCommand> All { get; } =
    [
        // Looking. Preflight and Begin, while libvirt holds the monitor; some again in Quiesce, and in undo and recovery.
        new("query-version", "qemuMonitorJSONGetVersion; QEMU runs it by itself for the greeting of each connection", "Which rules apply to this QEMU."),
        new("query-status", "qemuMonitorJSONGetStatus, at each reconnect", "Whether the guest runs: Begin, Quiesce, undo, recovery, and libvirt's last confirmation."),
        new("query-cpus-fast", "qemuMonitorJSONQueryCPUs, at each reconnect", "vCPU threads, whose CPUs and control groups the new QEMU's get."),
        new("query-hotpluggable-cpus", "qemuMonitorJSONGetHotpluggableCPUs, at each start and reconnect", "vCPUs that were plugged, and their places; only of a VM that has some."),
        new("query-iothreads", "qemuMonitorJSONGetIOThreads, at each reconnect", "I/O threads, likewise."),
        new("query-chardev", "qemuMonitorJSONGetChardevInfo, at each reconnect", "Consoles and channels."),
        new("query-block", "qemuMonitorJSONQueryBlock, at each reconnect", "Disks, media, trays, limits."),
        new(
            "query-named-block-nodes",
            "qemuMonitorJSONQueryNamedBlockNodes, with 'flat' as here",
            "Which images are open, and that no snapshot came meanwhile: Begin and Quiesce.",
            arguments => Has(arguments, "flat", "true")),
        new("query-block-jobs", "qemuMonitorJSONGetAllBlockJobInfo", "No block job is broken off: Begin and Quiesce."),
        new("query-jobs", "qemuMonitorJSONGetJobInfo, at each reconnect", "No job is broken off."),
        new("query-dump", "qemuMonitorJSONQueryDump", "No dump of the memory is broken off."),
        new("query-fdsets", "qemuMonitorJSONQueryFdsets, at each disk that is plugged", "Descriptors that libvirt has passed, which the new QEMU inherits."),
        new("query-migrate", "qemuMonitorJSONGetMigrationStats", "What speaks against a migration, and how one goes on."),
        new("query-migrate-capabilities", "qemuMonitorJSONGetMigrationCapabilities, at each start and reconnect", "The settings that are put back afterwards."),
        new("query-migrate-parameters", "qemuMonitorJSONGetMigrationParams, before each migration and save", "Likewise."),
        new(
            "qom-list",
            "qemuMonitorJSONGetDeviceAliases for the first path at each reconnect; qemuMonitorJSONFindObjectPathByName walks the tree from its root",
            "Devices and objects that are there now, names and types only: Begin and Quiesce.",
            arguments => Has(arguments, "path", "/machine/peripheral") || Has(arguments, "path", "/objects")),
        new(
            "qom-get",
            "qemuMonitorJSONGetCPUx86Data, at each start; qemuMonitorJSONSetIOThread, at 'virsh iothreadset' with a pool; none of 'attached'",
            "The guest's CPU features, which the new QEMU must have; the pools of I/O threads, which are two numbers; and whether a SPICE client's USB device "
                + "is in the guest (usb_get_attached returns one field of the device, in each QEMU since 2.2). No other property: a getter may assert.",
            arguments => (Has(arguments, "property", "feature-words") && Starts(arguments, "path", "/machine/"))
                || (Has(arguments, "property", "attached") && Starts(arguments, "path", "/machine/peripheral/"))
                || ((Has(arguments, "property", "thread-pool-min") || Has(arguments, "property", "thread-pool-max")) && Starts(arguments, "path", "/objects/"))),
        new("query-dirty-rate", "qemuMonitorJSONQueryDirtyRate, at 'virsh domstats --dirtyrate'", "Whether the guest's writes are being measured: Begin and Quiesce."),

        // Moving. Only in a handover that was approved; each has its undo in docs/handover.md.
        new(
            "migrate-set-capabilities",
            "qemuMonitorJSONSetMigrationCapabilities, before each migration and save",
            "How the state is sent; put back by undo, recovery and the end.",
            arguments => Members(arguments, "capabilities").All(capability => capability is not null && Capabilities.Contains(capability))),
        new(
            "migrate-set-parameters",
            "qemuMonitorJSONSetMigrationParams, before each migration and save",
            "Rate and downtime of a copy.",
            arguments => arguments?.All(argument => Parameters.Contains(argument.Key)) == true),
        new(
            "getfd",
            "qemuMonitorJSONSendFileHandle, before each migration and save",
            "The source's end of the connection to the new QEMU.",
            arguments => Starts(arguments, "fdname", "virt-handover")),
        new("migrate", "qemuMonitorJSONMigrate, to a descriptor, as each save does", "Sends the state.", arguments => Starts(arguments, "uri", "fd:")),
        new(
            "migrate-continue",
            "qemuMonitorJSONMigrateContinue, at the end of each migration",
            "Lets a copy that has stopped the guest end.",
            arguments => Has(arguments, "state", "pre-switchover")),
        new("migrate_cancel", "qemuMonitorJSONMigrateCancel, as 'virsh domjobabort'", "Undo and recovery: a migration that is under way."),
        new("stop", "qemuMonitorJSONStopCPUs, as 'virsh suspend'", "The pause."),
        new("cont", "qemuMonitorJSONStartCPUs, as 'virsh resume'", "Undo and recovery: the guest goes on where it was."),
        new(
            "qom-set",
            "none: libvirt sets the same property with object-add at the start of a VM with <discard/>; the setter stores a flag and does nothing else",
            "Only where discard-data is on, and back by undo: a source that is told to end in the pause would empty the memory that the new QEMU has, too.",
            arguments => Has(arguments, "property", "discard-data") && Starts(arguments, "path", "/objects/")),
    ];

    /// <summary>Lets a command of the list pass.</summary>
    /// <param name="peer">The source, for the sentence.</param>
    /// <param name="command">The command.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <exception cref="SourceCommandException">It is not in the list, or not with these arguments.</exception>
    internal static void Require(string peer, string command, JsonObject? arguments)
    {
        if (!All.Any(allowed => allowed.Name == command && allowed.Allows(arguments)))
        {
            throw new SourceCommandException(
                $"'{command}' was not sent to {peer}: it is not among the commands that a running VM is sent. The VM runs on; report this as a fault of virt-handover.");
        }
    }

    private static bool Has(JsonObject? arguments, string name, string value) => Text(arguments, name) == value;

    private static bool Starts(JsonObject? arguments, string name, string value) =>
        Text(arguments, name)?.StartsWith(value, StringComparison.Ordinal) == true;

    private static string? Text(JsonObject? arguments, string name) => arguments?[name] is JsonValue value
        ? value.GetValueKind() == JsonValueKind.String ? value.GetValue<string>() : value.ToJsonString()
        : null;

    private static IEnumerable<string?> Members(JsonObject? arguments, string name) =>
        arguments?[name] is JsonArray list ? list.Select(item => Text(item as JsonObject, "capability")) : [null];
}
