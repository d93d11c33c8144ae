using VirtHandover.Contract;
using static VirtHandover.Contract.FindingSeverity;

namespace VirtHandover.Handover.Preflight;

/// <summary>Every code that the preflight and the twin check can give, grouped as in <c>docs/preflight.md</c>.</summary>
internal static class FindingCodes
{
    private const string Restart = "Shut the VM down and start it again to get the new QEMU.";
    private const string Save = "'virsh managedsave' and 'virsh start' move it, with a pause as long as its memory takes to write and read.";
    private const string Detach = "Detach the device and hand over then, or shut the VM down and start it again.";

    // Memory
    internal static readonly FindingCode RamPrivate = new("RAM_PRIVATE", Warning, "Guest memory belongs to the QEMU process alone, so it is copied once.", "Afterwards it lies in shared memory and the next handover copies nothing.");
    internal static readonly FindingCode RamMemfdNew = new("RAM_MEMFD_NEW", Warning, "A memfd of a QEMU newer than 7.2 is not taken for shared, so it is copied once.", "Afterwards it lies in shared memory and the next handover copies nothing.");
    internal static readonly FindingCode RamMixed = new("RAM_MIXED", Warning, "Shared and private memory stand side by side, so all of it is copied.", "");
    internal static readonly FindingCode RamStill = new("RAM_STILL", Warning, "This QEMU, by software emulation, loses track of what the guest writes during a copy, so the guest stands still while its memory is copied.", "Give the VM shared memory backing to avoid it.");
    internal static readonly FindingCode PauseBudget = new("PAUSE_BUDGET", Blocker, "The guest would have to stand still for longer than its pause budget while its memory is copied.", "Allow it for one handover with 'virt-handover approve' or 'run' and --max-pause TIME, or for all of this VM with 'virt-handover policy set DOMAIN --max-pause TIME' and retry, or give the VM shared memory backing ('virt-handover prepare') and start it again.");
    internal static readonly FindingCode RamNone = new("RAM_NONE", Blocker, "QEMU tells of no guest memory.", Restart);
    internal static readonly FindingCode RamSpace = new("RAM_SPACE", Blocker, "For a moment the new QEMU stands beside the old one, for a copy with the guest's memory a second time, and the host or the VM's control group has not so much left.", "Free memory or raise the limit; with shared memory backing a VM needs far less.");
    internal static readonly FindingCode RamInode = new("RAM_INODE", Blocker, "The target does not map the source's memory file.", "Nothing was changed; report this as a fault of virt-handover.");
    internal static readonly FindingCode RamDiscard = new("RAM_DISCARD", Note, "discard-data would empty the shared memory when a QEMU ends.", "The target does without it, and the source is killed before it could act.");
    internal static readonly FindingCode RamPrealloc = new("RAM_PREALLOC", Note, "prealloc would write to the running guest's pages.", "The target does without it.");
    internal static readonly FindingCode RamHugePages = new("RAM_HUGEPAGES", Blocker, "Private huge pages would be copied into ordinary pages.", "Add <access mode='shared'/> to the memory backing and start the VM again.");
    internal static readonly FindingCode VirtioMem = new("VIRTIO_MEM", Blocker, "virtio-mem is not carried yet; a target before QEMU 8.1 would even empty the source's memory.", Restart);
    internal static readonly FindingCode Nvdimm = new("NVDIMM", Blocker, "An NVDIMM's memory is a file of its own, which is not carried yet.", Restart);
    internal static readonly FindingCode Ivshmem = new("IVSHMEM", Blocker, "Memory shared with other VMs or processes is not carried yet.", Detach);

    // Versions and machine
    internal static readonly FindingCode TargetMissing = new("TARGET_MISSING", Blocker, "There is no new QEMU that can be started.", "Repair the package, for example with 'dnf reinstall qemu-kvm'.");
    internal static readonly FindingCode TargetUntrusted = new("TARGET_UNTRUSTED", Blocker, "Somebody else than root can change the emulator or a directory on its path, so it is not run.", "Give it and all directories above it to root ('namei -l PATH' shows them), take others the right to write, then retry.");
    internal static readonly FindingCode VersionOrder = new("VERSION_ORDER", Blocker, "The QEMU on disk is older than the running one.", Restart);
    internal static readonly FindingCode MachineGone = new("MACHINE_GONE", Blocker, "The new QEMU no longer has the VM's machine type.", "Change the machine type with 'virsh edit' and start the VM again.");
    internal static readonly FindingCode VqSize = new("VQ_SIZE", Blocker, "The running QEMU offers the guest longer virtqueues than the new one takes, and guests use what is offered.", "Restart the guest on the new QEMU; a reboot inside it is not enough.");
    internal static readonly FindingCode VqUnknown = new("VQ_UNKNOWN", Warning, "Virtqueues, ROMs and properties of the running QEMU are not known: it is older than 7.2, or its program could not be started once more to be asked. So the new one may refuse them while loading.", "The handover is undone then, after a pause.");
    internal static readonly FindingCode NotCompared = new("NOT_COMPARED", Note, "The two QEMUs have not been compared device by device yet: that takes one more of each, and is done when a handover or a rehearsal begins.", "To know before, rehearse it ('virt-handover rehearse DOMAIN'); the VM does not notice.");
    internal static readonly FindingCode QomDiff = new("QOM_DIFF", Blocker, "The target's devices are not those of the source.", Restart);
    internal static readonly FindingCode RamblockDiff = new("RAMBLOCK_DIFF", Blocker, "The target's memory blocks are not those of the source.", Restart);
    internal static readonly FindingCode RomSize = new("ROM_SIZE", Blocker, "Firmware or an option ROM has another size in the new QEMU.", Restart);
    internal static readonly FindingCode CpuLess = new("CPU_LESS", Blocker, "The target's CPU lacks features that the guest may use.", Restart);
    internal static readonly FindingCode CpuMore = new("CPU_MORE", Warning, "The target's CPU has features that the guest does not know of.", "Guests read them at boot, so this one goes on without them.");
    internal static readonly FindingCode CmdLine = new("CMDLINE", Blocker, "QEMU's command line cannot be repeated for a target.", Restart);
    internal static readonly FindingCode CmdLineChanged = new("CMDLINE_CHANGED", Blocker, "The VM's process shows another command line or environment than it was started with; QEMU never changes them, so something else has.", "Take the VM for compromised: look into its guest and its log before you shut it down and start it again.");
    internal static readonly FindingCode CmdLineForeign = new("CMDLINE_FOREIGN", Blocker, "The command line or environment of the VM's process is not what libvirt writes for the VM.", Restart);
    internal static readonly FindingCode CmdLineLate = new("CMDLINE_LATE", Note, "The VM ran before virt-handover first saw it, so how it was started was noted later, and compared with what libvirt says of it.", "");

    // What goes on
    internal static readonly FindingCode Unreadable = new("UNREADABLE", Blocker, "Its QEMU or libvirt's files of it cannot be read.", "It runs on; look again with 'virt-handover rescan'.");
    internal static readonly FindingCode StateBad = new("STATE_BAD", Blocker, "The VM neither runs nor is paused by its user.", "Resolve that state first.");
    internal static readonly FindingCode JobActive = new("JOB_ACTIVE", Blocker, "A job is active on the VM, and a handover would break it off.", "Wait for its end or abort it, then retry.");
    internal static readonly FindingCode MigBlocked = new("MIG_BLOCKED", Blocker, "QEMU itself says that the VM cannot be migrated now.", "Detach what it names, or shut the VM down and start it again.");
    internal static readonly FindingCode DriftHotplug = new("DRIFT_HOTPLUG", Blocker, "Devices were plugged or unplugged while the VM ran.", Save);
    internal static readonly FindingCode DriftBlock = new("DRIFT_BLOCK", Blocker, "A disk was plugged, or its images have become others since the VM started than can be told of: encrypted, by network, in an old form.", Save);
    internal static readonly FindingCode BitmapTransient = new("BITMAP_TRANSIENT", Blocker, "A dirty bitmap that is not stored in its image would be lost, and the next incremental backup with it.", "Remove the bitmap, or wait for the backup's end.");
    internal static readonly FindingCode IoTune = new("IOTUNE", Blocker, "A throttle group was changed while the VM ran, which is not carried yet.", "Give it the limits of the VM's start with 'virsh domthrottlegroupset', and the new ones again afterwards.");
    internal static readonly FindingCode SettingDiff = new("SETTING_DIFF", Blocker, "A setting that was made on the running QEMU does not take on the new one.", "Undo that setting and make it again afterwards, or shut the VM down and start it again.");
    internal static readonly FindingCode MonitorUsed = new("MONITOR_USED", Warning, "Somebody has sent commands to QEMU past libvirt; what they set and nobody can read is not carried.", "Send them again afterwards, if they set anything.");
    internal static readonly FindingCode MigrateSpeed = new("MIGRATE_SPEED", Warning, "libvirt forgets the limit of a migration's speed whenever its daemon ends.", "Set it again afterwards with 'virsh migrate-setspeed'.");
    internal static readonly FindingCode FdsetLost = new("FDSET_LOST", Blocker, "QEMU no longer holds a file descriptor that its command line was given.", Restart);
    internal static readonly FindingCode StatusXml = new("STATUSXML", Blocker, "libvirt's status file does not fit the running process.", "Restart the libvirt daemon, then retry.");
    internal static readonly FindingCode MonitorBusy = new("MONITOR_BUSY", Blocker, "QEMU's monitor does not answer, or another program holds it.", "End that program, then retry.");

    // Network
    internal static readonly FindingCode NetTap = new("NET_TAP", Note, "The tap is handed over while the guest is paused, so no frame is damaged; the frames that this costs are counted.", "");
    internal static readonly FindingCode NetVhost = new("NET_VHOST", Note, "The new QEMU gets vhost-net workers of its own.", "");
    internal static readonly FindingCode NetMacvtap = new("NET_MACVTAP", Blocker, "macvtap is not carried yet: a second opening takes a part of the traffic away.", "Connect the interface to a bridge and start the VM again.");
    internal static readonly FindingCode NetUser = new("NET_USER", Warning, "The connections that the guest has open through a user-mode network live in the QEMU process and end with it; new ones work at once.", "Approve the VM when that does no harm. By itself it moves only with 'EndConnections=yes' in the configuration.");
    internal static readonly FindingCode NetForward = new("NET_FORWARD", Blocker, "A user-mode network that forwards ports, starts programs or shares files holds something of the host that two QEMUs cannot both have.", Restart);
    internal static readonly FindingCode NetHelper = new("NET_HELPER", Blocker, "A part of the VM's state lives in a helper process, which serves one QEMU.", Restart);
    internal static readonly FindingCode NetPasst = new("NET_PASST", Blocker, "passt serves one QEMU and ends with it.", Restart);
    internal static readonly FindingCode NetHotplug = new("NET_HOTPLUG", Blocker, "The network device cannot be plugged into a target that waits, and with it from the start a target would disturb the running guest's network.", "Change what the finding names with 'virsh edit' and start the VM again.");
    internal static readonly FindingCode NetOther = new("NET_OTHER", Blocker, "This kind of network backend is not carried yet.", Restart);
    internal static readonly FindingCode VhostUser = new("VHOST_USER", Blocker, "A vhost-user device's state lives in another process, which serves one QEMU.", Restart);
    internal static readonly FindingCode Vdpa = new("VDPA", Blocker, "A vDPA device belongs to one process.", Detach);

    // Devices
    internal static readonly FindingCode Vfio = new("VFIO", Blocker, "A passed-through device belongs to one process.", Detach);
    internal static readonly FindingCode Mdev = new("MDEV", Blocker, "A mediated device belongs to one process.", Detach);
    internal static readonly FindingCode UsbHost = new("USBHOST", Blocker, "A passed-through USB device belongs to one process.", Detach);
    internal static readonly FindingCode UsbRedir = new("USBREDIR", Blocker, "A USB device that is redirected by a connection ends with it.", "Take the device back in the SPICE client, or close that, and retry; detach a device that is redirected otherwise.");
    internal static readonly FindingCode VirtioFs = new("VIRTIOFS", Blocker, "virtiofsd serves one QEMU and holds the guest's open files.", Restart);
    internal static readonly FindingCode NineP = new("FS_9P", Blocker, "A 9p file system cannot be migrated while it is mounted.", Restart);
    internal static readonly FindingCode SwTpm = new("SWTPM", Blocker, "swtpm serves one QEMU and ends with it.", Restart);
    internal static readonly FindingCode TpmPassthrough = new("TPM_PASSTHROUGH", Blocker, "The host's TPM belongs to one process.", Restart);
    internal static readonly FindingCode Vsock = new("VSOCK", Blocker, "A vsock address belongs to one process.", Detach);
    internal static readonly FindingCode VhostScsi = new("VHOST_SCSI", Blocker, "A vhost-scsi endpoint belongs to one process.", Restart);
    internal static readonly FindingCode DevUnmigratable = new("DEV_UNMIGRATABLE", Blocker, "QEMU cannot migrate this kind of device.", Detach);
    internal static readonly FindingCode Sev = new("SEV", Blocker, "The memory of a confidential guest cannot be moved to another process.", Restart);

    // Storage
    internal static readonly FindingCode BlockRemote = new("BLOCK_REMOTE", Blocker, "Storage over the network has no image lock that would keep two QEMUs from writing, so it is not carried yet.", Save);
    internal static readonly FindingCode BlockFdset = new("BLOCK_FDSET", Blocker, "An image that was passed as a descriptor shares its lock with the target, so nothing would keep two QEMUs from writing.", Save);
    internal static readonly FindingCode ImageLock = new("IMAGE_LOCK", Warning, "Image locking is switched off, so virt-handover alone keeps two QEMUs from writing.", "");
    internal static readonly FindingCode PrManager = new("PR_MANAGER", Blocker, "SCSI persistent reservations are not carried yet.", Restart);
    internal static readonly FindingCode LockMgr = new("LOCKMGR", Blocker, "A lock manager knows the old process only, and would stop or kill the wrong one later.", "Shut the VM down and start it again.");
    internal static readonly FindingCode FileAccess = new("FILE_ACCESS", Blocker, "The VM's QEMU could not open one of its files once more, neither the new one nor, if that came to it, the old one.", "Compare owner, mode, label and mount with what libvirt had set ('ls -lZ', 'lsattr', 'findmnt'), repair them, then retry.");
    internal static readonly FindingCode FileOther = new("FILE_OTHER", Blocker, "A path no longer names the file that the VM has open, so the new QEMU would go on with another one.", "What the guest has written since then is in the open file only and is lost when the VM ends: save it first, with 'virsh blockcopy' or from inside the guest.");
    internal static readonly FindingCode FileSwapped = new("FILE_SWAPPED", Blocker, "Two images of the VM have changed their names with each other, so the new QEMU would take each for the other.", "Give each its name back, then retry.");
    internal static readonly FindingCode FileNewer = new("FILE_NEWER", Warning, "A kernel, initrd, firmware or ROM file has changed since the VM started.", "After its next reboot the guest starts with the changed file, as it would if the VM were started anew.");
    internal static readonly FindingCode FileUnknown = new("FILE_UNKNOWN", Warning, "Whether the VM's QEMU could open its files once more was not found out.", "The new QEMU is asked before libvirt is stopped; a handover that it could not end is refused then.");

    // Displays and consoles
    internal static readonly FindingCode VncPort = new("VNC_PORT", Note, "VNC clients are disconnected and can come back on the same port.", "");
    internal static readonly FindingCode VncPassword = new("VNC_PASSWORD", Note, "The VNC password is known to libvirt and set again after the handover.", "");
    internal static readonly FindingCode VncWebsocket = new("VNC_WEBSOCKET", Blocker, "QEMU opens a VNC websocket at its start only, while the old one still holds the port.", "Shut the VM down and start it again, or do without the websocket: 'websocket' of <graphics> in 'virsh edit'.");
    internal static readonly FindingCode SpicePort = new("SPICE_PORT", Note, "SPICE clients are disconnected and can come back on the same port.", "");
    internal static readonly FindingCode SpicePassword = new("SPICE_PASSWORD", Note, "The SPICE password is known to libvirt and set again after the handover.", "");
    internal static readonly FindingCode SpiceUnix = new("SPICE_UNIX", Blocker, "A SPICE server's UNIX socket is not carried yet.", "Have SPICE listen on a port of the loopback address, or shut the VM down and start it again.");
    internal static readonly FindingCode SpiceGl = new("SPICE_GL", Blocker, "A display that is drawn by the host's graphics card is known to one process only.", "Switch it off ('gl' of <graphics> in 'virsh edit') and start the VM again.");
    internal static readonly FindingCode DbusDisplay = new("DBUS_DISPLAY", Blocker, "A D-Bus display cannot move to another process.", Restart);
    internal static readonly FindingCode Display = new("DISPLAY", Blocker, "A window on the host cannot move to another process.", Restart);
    internal static readonly FindingCode Pty = new("PTY", Note, "The console gets another pseudo terminal; libvirt is told, open consoles are disconnected.", "");
    internal static readonly FindingCode Chardev = new("CHARDEV", Blocker, "This character device can be open in one process only.", "Detach it, or shut the VM down and start it again.");

    // Host
    internal static readonly FindingCode HookFails = new("HOOK_FAILS", Warning, "A libvirt hook runs when the daemon adopts the VM, and libvirt kills the VM if that hook fails.", "Make sure that it succeeds for the operation 'reconnect'.");

    internal static readonly FindingCode ProcessDiff = new("PROCESS_DIFF", Blocker, "The new process would not have what the kernel ties to the old one: a scheduling policy, a limit, a namespace.", Restart);
    internal static readonly FindingCode RightsOther = new("RIGHTS_OTHER", Blocker, "The VM's QEMU has other ids, or less of a system call filter, than libvirt gives it.", "Unless qemu.conf was changed since the VM started, treat that QEMU as taken over: save what you need to examine it, and start the VM again.");
    internal static readonly FindingCode Machined = new("MACHINED", Blocker, "systemd-machined cannot be told of the new process, and would end it when it restarts, as it does with each update of systemd.", "See 'systemctl status systemd-machined', then retry.");

    /// <summary>All of them.</summary>
    internal static IReadOnlyList<FindingCode> All { get; } =
    [
        RamPrivate, RamMemfdNew, RamMixed, RamStill, PauseBudget, RamNone, RamSpace, RamInode, RamDiscard, RamPrealloc, RamHugePages, VirtioMem, Nvdimm, Ivshmem,
        TargetMissing, TargetUntrusted, VersionOrder, MachineGone, VqSize, VqUnknown, NotCompared, QomDiff, RamblockDiff, RomSize, CpuLess, CpuMore, CmdLine, CmdLineChanged, CmdLineForeign,
        CmdLineLate,
        Unreadable, StateBad, JobActive, MigBlocked, DriftHotplug, DriftBlock, BitmapTransient, IoTune, SettingDiff, MonitorUsed, MigrateSpeed, FdsetLost, StatusXml, MonitorBusy,
        NetTap, NetVhost, NetMacvtap, NetUser, NetForward, NetHelper, NetPasst, NetHotplug, NetOther, VhostUser, Vdpa,
        Vfio, Mdev, UsbHost, UsbRedir, VirtioFs, NineP, SwTpm, TpmPassthrough, Vsock, VhostScsi, DevUnmigratable, Sev,
        BlockRemote, BlockFdset, ImageLock, PrManager, LockMgr, FileAccess, FileOther, FileSwapped, FileNewer, FileUnknown,
        VncPort, VncPassword, VncWebsocket, SpicePort, SpicePassword, SpiceUnix, SpiceGl, DbusDisplay, Display, Pty, Chardev,
        HookFails, ProcessDiff, RightsOther, Machined,
    ];

    /// <summary>The kind of finding that a difference is.</summary>
    internal static Finding Of(Qemu.Difference difference) => All.Single(code => code.Code == difference.Code).Says(difference.Sentence);
}
