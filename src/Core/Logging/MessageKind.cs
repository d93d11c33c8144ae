namespace VirtHandover.Logging;

/// <summary>
/// What a line of the log is about, whatever its words are: its <c>MESSAGE_ID</c> in systemd's journal. A number that was published stays: scripts ask for
/// it. All of them are in docs/service.md.
/// </summary>
public sealed class MessageKind
{
    private static readonly List<MessageKind> s_all = [];

    private MessageKind(string name, string id)
    {
        Name = name;
        Id = id;
        s_all.Add(this);
    }

    /// <summary>Files of QEMU were replaced, and a scan has seen running VMs that are outdated by it.</summary>
    public static MessageKind UpdateNoticed { get; } = new("update-noticed", "28cca759d94525b2cd1d425b828e1c81");

    /// <summary>VMs wait for an approval from now on.</summary>
    public static MessageKind VmsPending { get; } = new("vms-pending", "3379ac2e648e573b0b349624a64abc8c");

    /// <summary>A person or a policy has approved a handover.</summary>
    public static MessageKind VmApproved { get; } = new("vm-approved", "dcc55af417637953cebd218058a7aa1d");

    /// <summary>A person has deferred, cancelled, retried or prepared a VM, or changed its policy.</summary>
    public static MessageKind VmDecision { get; } = new("vm-decision", "92e334454a2ffbc97360604b6aa335eb");

    /// <summary>A person has asked for a handover or a rehearsal by name.</summary>
    public static MessageKind HandoverAsked { get; } = new("handover-asked", "432cfa816a80e2192bed1b85f78d1adc");

    /// <summary>The front starts a handover or a rehearsal.</summary>
    public static MessageKind HandoverStarted { get; } = new("handover-started", "53a6b2d60d2cdc51bf0c9eaa3433f44d");

    /// <summary>The worker carries a handover out, in the log that the front cannot write.</summary>
    public static MessageKind HandoverCarriedOut { get; } = new("handover-carried-out", "904475a0360e56ac6832f82a28350746");

    /// <summary>A handover has ended as it was meant to.</summary>
    public static MessageKind HandoverDone { get; } = new("handover-done", "0525de27555e0479c34977f98b76a9bb");

    /// <summary>A rehearsal has ended as it was meant to.</summary>
    public static MessageKind RehearsalDone { get; } = new("rehearsal-done", "69c164f3c6ac400c4e1f9cc3d92d815c");

    /// <summary>A handover has ended before it had touched its VM: cancelled, postponed, or the VM is gone.</summary>
    public static MessageKind HandoverPutOff { get; } = new("handover-put-off", "9ab5e1d1bfe5584a02e6a150d7f8aab9");

    /// <summary>A handover was refused, undone, or is lost.</summary>
    public static MessageKind HandoverFailed { get; } = new("handover-failed", "34c41e9f3f734c04def8a1c21451aea8");

    /// <summary>A handover has left its VM stranded.</summary>
    public static MessageKind VmStranded { get; } = new("vm-stranded", "b35ffb51335953d2105cb45954e78c46");

    /// <summary>A handover that nobody watched any more is, or was, brought to its end.</summary>
    public static MessageKind HandoverRecovered { get; } = new("handover-recovered", "b1a1dcb755988596c2fb17714db3d998");

    /// <summary>Somebody has to look: a handover cannot be brought to its end, or a journal cannot be read.</summary>
    public static MessageKind Alarm { get; } = new("alarm", "4375a2744b2ae3ff1dd5d4019792e463");

    /// <summary>What became of the throw-away VM that goes first.</summary>
    public static MessageKind Canary { get; } = new("canary", "39261db7e96cc6e730ed0e4fddd90aa7");

    /// <summary>The queue was paused, by a person or by itself.</summary>
    public static MessageKind QueuePaused { get; } = new("queue-paused", "6ff93d1de82d4b336d3c86a6ca783704");

    /// <summary>A person has let the queue go on.</summary>
    public static MessageKind QueueResumed { get; } = new("queue-resumed", "6be82cfe72aa375081d318573dac1983");

    /// <summary>The fleet is held, or no longer.</summary>
    public static MessageKind FleetHold { get; } = new("fleet-hold", "a812745cb212115ae9f22f7991e47580");

    /// <summary>Handovers wait for a package manager, or do so no longer.</summary>
    public static MessageKind PackageTransaction { get; } = new("package-transaction", "009411b29d43db946cb9f39c6e145651");

    /// <summary>The running VMs cannot be looked at.</summary>
    public static MessageKind ScanFailed { get; } = new("scan-failed", "8920523ddceffc30ced42fa65a624357");

    /// <summary>libvirt's start waits for a handover: the gate.</summary>
    public static MessageKind LibvirtWaits { get; } = new("libvirt-waits", "e1260a5c9cc42d07290262e67efff7e0");

    /// <summary>libvirt's daemon did not end in time when it was asked to.</summary>
    public static MessageKind LibvirtSlow { get; } = new("libvirt-slow", "4905addebf14602f10e0edc079b26910");

    /// <summary>A VM has put a link where libvirt looks for its monitor.</summary>
    public static MessageKind MonitorLink { get; } = new("monitor-link", "93ecf750a89a8cb8b9c3dcffc0e5218b");

    /// <summary>Somebody who is not the front has connected to the worker.</summary>
    public static MessageKind StrangerRefused { get; } = new("stranger-refused", "e3aa3fda63c45037f114cde197b26467");

    /// <summary>Front or worker is ready.</summary>
    public static MessageKind ServiceReady { get; } = new("service-ready", "9d8ec26ae49c85cea77973805deece4c");

    /// <summary>Front or worker ends, for a reason that is no fault of its own.</summary>
    public static MessageKind ServiceEnds { get; } = new("service-ends", "9e4a2aedf1115a7f7c38e8da7b7a5ed8");

    /// <summary>The program could not do what it was started for: its exit code is not 0.</summary>
    public static MessageKind RoleFailed { get; } = new("role-failed", "6b40816953d1b90b0d4817d89e7dfce9");

    /// <summary>A fault of virt-handover's own.</summary>
    public static MessageKind OwnFault { get; } = new("own-fault", "5bc55eb22dd52f821c0c187640edc35c");

    /// <summary>All of them, in the order of their declaration.</summary>
    public static IReadOnlyList<MessageKind> All => s_all;

    /// <summary>What the documents call it.</summary>
    public string Name { get; }

    /// <summary>128 bits, drawn at random, as 32 lower-case hexadecimal digits.</summary>
    public string Id { get; }
}
