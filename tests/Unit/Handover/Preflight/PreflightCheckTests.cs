using VirtHandover.Contract;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Settings;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

public class PreflightCheckTests
{
    private static readonly Dictionary<string, Func<SourceFacts, SourceFacts>> Rows = new(StringComparer.Ordinal)
    {
        ["RAM_NONE"] = f => f.Devices(d => d with { Memory = [] }),
        ["RAM_SPACE"] = f => f.Memory("memory-backend-ram", false) with { Host = new HostFacts(100 << 20, null, "", []) },
        ["RAM_HUGEPAGES"] = f => f.Memory("memory-backend-file", false).Replace("/ram/pc.ram", "/dev/hugepages/libvirt/qemu/1-a"),
        ["VIRTIO_MEM"] = f => f.Device("virtio-mem-pci"),
        ["NVDIMM"] = f => f.Device("nvdimm"),
        ["IVSHMEM"] = f => f.Device("ivshmem-plain"),
        ["TARGET_MISSING"] = f => f with { Target = f.Target with { Problem = "The file /usr/libexec/qemu-kvm cannot be started: exit code 1." } },
        ["TARGET_UNTRUSTED"] = f => f with { Target = f.Target with { Problem = "It is not run.", Untrusted = "/srv/m/qemu belongs to user 4242." } },
        ["RIGHTS_OTHER"] = f => f with { OtherRights = ["The VM's QEMU has the user ids 0, and libvirt starts it as user 64055."] },
        ["VERSION_ORDER"] = f => f with { Target = f.Target with { Version = new Version(7, 2, 21) } },
        ["MACHINED"] = f => f with { Machine = new MachineFacts(null, "systemd-machined could not be asked: busctl did not answer within 5 s.") },
        ["PROCESS_DIFF"] = f => f with { Ties = ["A thread of its QEMU is scheduled by deadline."] },
        ["MACHINE_GONE"] = f => f with { Target = f.Target with { Machines = [] } },
        ["STATE_BAD"] = f => f.Live(l => l with { State = new RunState("io-error", false) }),
        ["JOB_ACTIVE"] = f => f.Live(l => l with { Jobs = [new QemuJob("commit-vda", "commit", "running")] }),
        ["MIG_BLOCKED"] = f => f.Live(l => l with { Migration = l.Migration with { BlockedReasons = ["The virtio-gpu device is not yet migratable"] } }),
        ["DRIFT_HOTPLUG"] = f => f.Devices(d => d with { Peripherals = new Dictionary<string, string>(d.Peripherals) { ["rng9"] = "virtio-rng-pci" } }),
        ["DRIFT_BLOCK"] = f => f.Devices(d => d with { Nodes = [.. d.Nodes, new BlockNode("libvirt-2-format", "qcow2", "/snap", false, [])] }),
        ["BITMAP_TRANSIENT"] = f => f.Devices(d => d with { Nodes = [.. d.Nodes.Select(n => n with { Bitmaps = [new DirtyBitmap("b0", false)] })] }),
        ["IOTUNE"] = f => f.With("-object", Group(900)) with { Status = Status(Groups(800)) },
        ["FDSET_LOST"] = f => f.With("-add-fd", "set=1,fd=30,opaque=log"),
        ["NET_FORWARD"] = f => f.Replace("\"type\":\"tap\",\"fd\":\"33\"", "\"type\":\"user\",\"hostfwd\":[{\"str\":\"tcp::2222-:22\"}]"),
        ["NET_HELPER"] = f => f.With("-object", """{"qom-type":"dbus-vmstate","id":"dbus-vmstate0"}"""),
        ["NET_PASST"] = f => f.Replace("\"type\":\"tap\",\"fd\":\"33\"", "\"type\":\"stream\",\"addr\":{\"type\":\"unix\",\"path\":\"/run/libvirt/qemu/passt/1\"}"),
        ["NET_HOTPLUG"] = f => f.Replace("\"bus\":\"pci.0\",\"addr\":\"0x3\"", "\"bus\":\"pcie.0\",\"addr\":\"0x3\""),
        ["NET_OTHER"] = f => f.With("-netdev", "socket,id=n9,fd=50"),
        ["VHOST_USER"] = f => f.Device("vhost-user-blk-pci"),
        ["VDPA"] = f => f.Device("vhost-vdpa-device-pci"),
        ["VFIO"] = f => f.Device("vfio-pci"),
        ["MDEV"] = f => f.Device("vfio-pci").Replace("\"vfio-pci\"", "\"vfio-pci\",\"sysfsdev\":\"/sys/bus/mdev/devices/1\""),
        ["USBHOST"] = f => f.Device("usb-host"),
        ["USBREDIR"] = f => f.Device("usb-redir"),
        ["SPICE_UNIX"] = f => f.With("-spice", "unix=on,addr=/run/spice.sock"),
        ["SPICE_GL"] = f => f.With("-spice", "port=0,gl=on,rendernode=/dev/dri/renderD128"),
        ["VIRTIOFS"] = f => f.Device("vhost-user-fs-pci"),
        ["FS_9P"] = f => f.Device("virtio-9p-pci"),
        ["SWTPM"] = f => f.With("-tpmdev", "emulator,id=tpm-tpm0,chardev=chrtpm"),
        ["TPM_PASSTHROUGH"] = f => f.With("-tpmdev", "passthrough,id=tpm-tpm0,path=/dev/tpm0"),
        ["VSOCK"] = f => f.Device("vhost-vsock-pci"),
        ["VHOST_SCSI"] = f => f.Device("vhost-scsi-pci"),
        ["DEV_UNMIGRATABLE"] = f => f.Device("nvme"),
        ["SEV"] = f => f.With("-object", """{"qom-type":"sev-guest","id":"lsec0"}"""),
        ["BLOCK_REMOTE"] = f => f.Devices(d => d with { Nodes = [.. d.Nodes.Select(n => n with { Driver = n.Driver == "file" ? "rbd" : n.Driver })] }),
        ["BLOCK_FDSET"] = f => f.Replace("\"filename\":\"/a.qcow2\"", "\"filename\":\"/dev/fdset/3\""),
        ["PR_MANAGER"] = f => f.With("-object", """{"qom-type":"pr-manager-helper","id":"pr-helper0","path":"/x"}"""),
        ["LOCKMGR"] = f => f with { Host = f.Host with { LockManager = "lockd" } },
        ["VNC_WEBSOCKET"] = f => f.Replace("127.0.0.1:0", "127.0.0.1:0,websocket=5700"),
        ["DBUS_DISPLAY"] = f => f.With("-display", "dbus,p2p=yes"),
        ["DISPLAY"] = f => f.With("-display", "egl-headless"),
        ["CHARDEV"] = f => f.Replace("pty,id=charserial0", "socket,id=charserial0,host=0.0.0.0,port=4555,server=on"),
        ["CMDLINE"] = f => f.Replace("-mon", "-nomon"),
    };

    public static TheoryData<string> Refused => [.. Rows.Keys];

    [Fact]
    public void A_plain_vm_on_shared_memory_is_carried()
    {
        var good = PreflightCheck.Assess(Facts.Good);
        Assert.False(good.IsBlocked, string.Join('\n', good.Findings));
        Assert.Equal((RamMethod.Shared, "Its memory lies in a shared file, so both processes can map it."), (good.Method, good.MethodReason));
        Assert.Equal(["NET_TAP", "PTY", "VNC_PORT"], good.Findings.Select(f => f.Code).Order());
    }

    [Theory]
    [MemberData(nameof(Refused))]
    public void Each_thing_that_cannot_be_carried_refuses_with_its_own_code(string code)
    {
        var refused = PreflightCheck.Assess(Rows[code](Facts.Good));
        var finding = refused.Findings.First(f => f.Code == code);
        Assert.Equal(FindingSeverity.Blocker, finding.Severity);
        Assert.True(refused.IsBlocked);
        Assert.EndsWith(".", finding.Sentence, StringComparison.Ordinal);
        Assert.Equal(refused.Findings.OrderByDescending(f => f.Severity), refused.Findings);
    }

    [Fact]
    public void A_SPICE_display_with_its_channels_is_carried()
    {
        var facts = WithSpice("port=5900,tls-port=5901,addr=127.0.0.1");
        var assessment = PreflightCheck.Assess(facts);
        Assert.False(assessment.IsBlocked, string.Join('\n', assessment.Findings));
        Assert.Equal(2, assessment.Findings.Count(f => f.Code == "SPICE_PORT"));
        Assert.Single(assessment.Findings, f => f.Code == "SPICE_PASSWORD");
        Assert.DoesNotContain(PreflightCheck.Assess(WithSpice("port=0,disable-ticketing=on")).Findings, f => f.Code.StartsWith("SPICE", StringComparison.Ordinal));
    }

    [Fact]
    public void A_USB_device_that_a_SPICE_client_has_lent_refuses()
    {
        var facts = WithSpice("port=5900,disable-ticketing=on").Live(l => l with { LentUsb = ["redir0"] });
        var finding = Assert.Single(PreflightCheck.Assess(facts).Findings, f => f.Severity == FindingSeverity.Blocker);
        Assert.Equal("USBREDIR", finding.Code);
        Assert.StartsWith("A SPICE client has a USB device in the guest by 'redir0'.", finding.Sentence, StringComparison.Ordinal);
    }

    [Fact]
    public void A_smartcard_of_a_SPICE_client_refuses() => Assert.Contains(
        PreflightCheck.Assess(WithSpice("port=0").With("-chardev", "spicevmc,id=charsmartcard0,name=smartcard")).Findings, f => f.Code == "CHARDEV" && f.Severity == FindingSeverity.Blocker);

    [Fact]
    public void Plugged_vCPUs_are_no_drift()
    {
        var facts = Facts.Good.Devices(d => d with { Peripherals = new Dictionary<string, string>(d.Peripherals) { ["vcpu1"] = "qemu64-x86_64-cpu" } });
        Assert.True(PreflightCheck.Assess(facts).IsBlocked);
        Assert.False(PreflightCheck.Assess(facts.Live(l => l with { PluggedCpus = [new PluggedCpu("vcpu1", [])] })).IsBlocked);
    }

    [Theory]
    [InlineData("memory-backend-ram", false, 7, RamMethod.Copy, "RAM_PRIVATE")]
    [InlineData("memory-backend-file", false, 7, RamMethod.Copy, "RAM_PRIVATE")]
    [InlineData("memory-backend-memfd", true, 7, RamMethod.Shared, null)]
    [InlineData("memory-backend-memfd", true, 10, RamMethod.Copy, "RAM_MEMFD_NEW")]
    [InlineData("memory-backend-file", true, 10, RamMethod.Shared, null)]
    [InlineData("memory-backend-ram", true, 10, RamMethod.Copy, "RAM_PRIVATE")]
    public void The_method_follows_from_where_the_memory_lies(string type, bool share, int major, RamMethod expected, string? code)
    {
        var facts = Facts.Good.Memory(type, share).Devices(d => d with { Version = new QmpGreeting(new Version(major, 0, 0)) });
        var assessment = PreflightCheck.Assess(facts);
        Assert.Equal(expected, assessment.Method);
        Assert.NotEmpty(assessment.MethodReason);
        Assert.False(assessment.IsBlocked, string.Join('\n', assessment.Findings));
        Assert.Equal(code, assessment.Findings.SingleOrDefault(f => f.Code.StartsWith("RAM_", StringComparison.Ordinal) && f.Code != "RAM_STILL")?.Code);
    }

    [Theory]
    [InlineData("memory-backend-file", true, 50, 64, null, true)]
    [InlineData("memory-backend-file", true, 50, 63, null, false)]
    [InlineData("memory-backend-file", true, 90, 89, null, false)]
    [InlineData("memory-backend-file", true, 90, 90, 90, true)]
    [InlineData("memory-backend-file", true, 90, 8192, 89, false)]
    [InlineData("memory-backend-ram", false, 200, 192 + 64, null, true)]
    [InlineData("memory-backend-ram", false, 200, 192 + 63, null, false)]
    [InlineData("memory-backend-ram", false, 192 + 100, 8192, 192 + 99, false)]
    public void The_new_QEMU_must_find_room_beside_the_old_one(string type, bool share, int own, int available, int? group, bool fits)
    {
        var assessment = PreflightCheck.Assess(Facts.Good.Memory(type, share) with
        {
            OwnBytes = (long)own << 20,
            Host = new HostFacts((long)available << 20, group is { } left ? (long)left << 20 : null, "", []),
        });
        Assert.Equal(!fits, assessment.Findings.Any(finding => finding.Code == "RAM_SPACE"));
        Assert.Equal(!fits, assessment.IsBlocked);
    }

    [Theory]
    [InlineData(7, "tcg", true)]
    [InlineData(8, "tcg", true)]
    [InlineData(9, "tcg", false)]
    [InlineData(7, "kvm", false)]
    public void A_guest_stands_still_only_where_QEMU_would_lose_its_writes(int major, string accelerator, bool still)
    {
        var facts = Facts.Good.Memory("memory-backend-ram", false).Devices(d => d with { Version = new QmpGreeting(new Version(major, 0, 0)) });
        var line = facts.Line.Without("accel").Add("-accel", accelerator);
        var assessment = PreflightCheck.Assess(facts with { Line = line });
        Assert.Equal(RamMethod.Copy, assessment.Method);
        Assert.Equal(still, assessment.StandsStill);
        Assert.Equal(still, assessment.Findings.Any(f => f.Code == "RAM_STILL"));
        Assert.Equal(still, assessment.EstimatedPause > TimeSpan.Zero);
        Assert.Equal(still, assessment.Exceeds(TimeSpan.FromMilliseconds(100)));
        Assert.False(assessment.Exceeds(TimeSpan.FromSeconds(2)));
    }

    [Fact]
    public void What_is_only_worth_knowing_does_not_refuse()
    {
        var facts = Facts.Good.Replace("\"share\":true", "\"share\":true,\"discard-data\":true,\"prealloc\":true").Replace("\"filename\":\"/a.qcow2\"", "\"filename\":\"/a.qcow2\",\"locking\":\"off\"")
            .Replace("127.0.0.1:0", "127.0.0.1:0,password=on").Devices(d => d with { Version = new QmpGreeting(new Version(7, 1, 0)) }) with
        { Host = Facts.Good.Host with { Hooks = ["/etc/libvirt/hooks/qemu"] } };
        var assessment = PreflightCheck.Assess(facts);
        Assert.False(assessment.IsBlocked, string.Join('\n', assessment.Findings));
        Assert.Superset(
            new HashSet<string> { "RAM_DISCARD", "RAM_PREALLOC", "IMAGE_LOCK", "VQ_UNKNOWN", "HOOK_FAILS", "VNC_PASSWORD" }, assessment.Findings.Select(f => f.Code).ToHashSet());
    }

    private static SourceFacts WithSpice(string spice) => Facts.Good
        .With("-spice", spice, "-chardev", "spicevmc,id=charchannel9,name=vdagent", "-chardev", "spiceport,id=charchannel8,name=org.spice-space.webdav.0")
        .With("-chardev", "spicevmc,id=charredir0,name=usbredir", "-device", """{"driver":"usb-redir","chardev":"charredir0","id":"redir0","bus":"usb.0","port":"2"}""")
        .Devices(d => d with
        {
            Peripherals = new Dictionary<string, string>(d.Peripherals) { ["redir0"] = "usb-redir" },
            Chardevs = [.. d.Chardevs, new Chardev("charchannel9", "spicevmc"), new Chardev("charchannel8", "spiceport"), new Chardev("charredir0", "spicevmc")],
        });

    [Theory]
    [InlineData("\"fd\":\"33\",\"vhost\":true,\"vhostfd\":\"34\"", true)]
    [InlineData("\"fds\":\"33:34\"", false)]
    [InlineData("\"fds\":\"33:34\",\"vhost\":true,\"vhostfds\":\"35:36\"", true)]
    public void Vhost_net_and_several_queues_are_carried(string descriptors, bool vhost)
    {
        var assessment = PreflightCheck.Assess(Facts.Good.Replace("\"fd\":\"33\"", descriptors));
        Assert.False(assessment.IsBlocked, string.Join('\n', assessment.Findings));
        Assert.Contains("NET_TAP", assessment.Findings.Select(f => f.Code));
        Assert.Equal(vhost, assessment.Findings.Any(f => f.Code == "NET_VHOST"));
    }

    [Fact]
    public void A_tap_that_libvirt_did_not_open_is_refused() => Assert.Contains(
        PreflightCheck.Assess(Facts.Good.Replace("\"fd\":\"33\"", "\"ifname\":\"tap0\"")).Findings, f => f.Code == "NET_OTHER" && f.Severity == FindingSeverity.Blocker);

    [Fact]
    public void An_unreadable_option_does_not_hide_what_the_other_rules_find()
    {
        var codes = PreflightCheck.Assess(Facts.Good.Device("vfio-pci").With("-netdev", "{")).Findings.Select(f => f.Code).ToList();
        Assert.Contains("CMDLINE", codes);
        Assert.Contains("SPICE_PORT", PreflightCheck.Assess(Facts.Good.With("-spice", "port=1", "-netdev", "{")).Findings.Select(f => f.Code));
    }

    [Fact]
    public void A_throttle_group_that_is_as_it_was_is_carried_by_the_command_line() =>
        Assert.False(PreflightCheck.Assess(Facts.Good.With("-object", Group(800)) with { Status = Status(Groups(800)) }).IsBlocked);

    [Theory]
    [InlineData("", "{\"bps-total\":800}")]
    [InlineData("<throttlegroup><group_name>gold</group_name><total_bytes_sec>800</total_bytes_sec></throttlegroup>", null)]
    [InlineData("", "{\"bps-total\":\"many\"}")]
    public void A_throttle_group_that_came_or_went_refuses(string now, string? started)
    {
        var facts = Facts.Good with { Status = Status($"<throttlegroups>{now}</throttlegroups>") };
        facts = started is null ? facts : facts.With("-object", $$"""{"qom-type":"throttle-group","id":"throttle-gold","limits":{{started}}}""");
        Assert.True(PreflightCheck.Assess(facts).IsBlocked);
    }

    [Fact]
    public void A_measurement_of_the_guest_s_writes_is_waited_for() =>
        Assert.Contains(
            "JOB_ACTIVE", PreflightCheck.Assess(Facts.Good.Live(l => l with { Settings = new LiveSettings { IsMeasuring = true } })).Findings.Select(f => f.Code));

    private static string Group(int bytes) =>
        $$"""{"qom-type":"throttle-group","id":"throttle-gold","limits":{"bps-total":{{bytes}},"bps-total-max-length":2,"iops-size":4096,"iops-read":0} }""";

    private static string Groups(int bytes) => $"""
        <throttlegroups><throttlegroup><total_bytes_sec>{bytes}</total_bytes_sec><total_bytes_sec_max_length>2</total_bytes_sec_max_length>
        <size_iops_sec>4096</size_iops_sec><group_name>gold</group_name></throttlegroup></throttlegroups>
        """;

    private static StatusFile Status(string elements) => StatusFile.Parse("a.xml", System.Text.Encoding.UTF8.GetBytes($"""
        <domstatus state='running' reason='booted' pid='77'><monitor path='/m' type='unix'/>
        <domain type='kvm' id='1'><name>a</name><uuid>11111111-2222-3333-4444-555555555555</uuid>{elements}<devices/></domain></domstatus>
        """));

    [Fact]
    public void A_paused_vm_can_be_handed_over() =>
        Assert.False(PreflightCheck.Assess(Facts.Good.Live(l => l with { State = new RunState("paused", false) })).IsBlocked);
}
