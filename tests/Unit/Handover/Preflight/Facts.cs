using System.Text.Json.Nodes;
using VirtHandover.Handover.Preflight;
using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Handover.Preflight;

/// <summary>A VM that can be handed over, from which tests take one thing away or add one.</summary>
internal static class Facts
{
    private static readonly string[] Words =
    [
        "/usr/libexec/qemu-kvm", "-name", "guest=a", "-S", "-machine", "pc-i440fx-7.2,memory-backend=pc.ram", "-m", "192",
        "-object", """{"qom-type":"memory-backend-file","id":"pc.ram","mem-path":"/ram/pc.ram","share":true,"size":201326592}""",
        "-chardev", "socket,id=charmonitor,fd=32,server=on,wait=off", "-mon", "chardev=charmonitor,id=monitor,mode=control",
        "-blockdev", """{"driver":"file","filename":"/a.qcow2","node-name":"libvirt-1-storage"}""",
        "-blockdev", """{"node-name":"libvirt-1-format","driver":"qcow2","file":"libvirt-1-storage"}""",
        "-device", """{"driver":"virtio-blk-pci","drive":"libvirt-1-format","id":"virtio-disk0"}""",
        "-netdev", """{"type":"tap","fd":"33","id":"hostnet0"}""",
        "-device", """{"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","bus":"pci.0","addr":"0x3"}""",
        "-chardev", "pty,id=charserial0", "-device", """{"driver":"isa-serial","chardev":"charserial0","id":"serial0"}""",
        "-vnc", "127.0.0.1:0",
    ];

    internal static SourceFacts Good { get; } = new()
    {
        Line = CommandLine.Parse(Words),
        Target = new TargetFacts("/usr/libexec/qemu-kvm", new Version(10, 0, 2), [new MachineType("pc-i440fx-7.2", null)]),
        Host = new HostFacts(8L << 30, null, "nop", []),
        OwnBytes = 50 << 20,
        Live = new LiveFacts
        {
            State = new RunState("running", true),
            Migration = new MigrationInfo("none", null, null, []),
            Devices = new DeviceSnapshot
            {
                Version = new QmpGreeting(new Version(7, 2, 22)),
                Machine = "pc-i440fx-7.2",
                Peripherals = new Dictionary<string, string> { ["virtio-disk0"] = "virtio-blk-pci", ["net0"] = "virtio-net-pci", ["serial0"] = "isa-serial" },
                Memory = [new MemoryBackend("pc.ram", 201326592, true)],
                MemoryTypes = new Dictionary<string, string> { ["pc.ram"] = "memory-backend-file" },
                Cpu = new CpuSnapshot([], 1),
                IoThreads = [],
                Nodes =
                [
                    new BlockNode("libvirt-1-format", "qcow2", "/a.qcow2", false, []),
                    new BlockNode("libvirt-1-storage", "file", "/a.qcow2", false, []),
                ],
                Disks = [new BlockDevice("/machine/peripheral/virtio-disk0/virtio-backend", "libvirt-1-format")],
                Chardevs = [new Chardev("charmonitor", "unix:/m,server=on"), new Chardev("charserial0", "pty:/dev/pts/3")],
            },
        },
    };

    internal static SourceFacts With(this SourceFacts facts, params string[] words)
    {
        var line = facts.Line;
        foreach (var option in CommandLine.Parse(["", .. words]).Options)
            line = line.Add(option.Token, option.Argument);
        return facts with { Line = line };
    }

    internal static SourceFacts Replace(this SourceFacts facts, string from, string to) =>
        facts with { Line = CommandLine.Parse([.. facts.Line.Render().Select(w => w.Replace(from, to, StringComparison.Ordinal))]) };

    internal static SourceFacts Live(this SourceFacts facts, Func<LiveFacts, LiveFacts> edit) => facts with { Live = edit(facts.Live) };

    internal static SourceFacts Devices(this SourceFacts facts, Func<DeviceSnapshot, DeviceSnapshot> edit) =>
        facts.Live(l => l with { Devices = edit(l.Devices) });

    internal static SourceFacts Memory(this SourceFacts facts, string type, bool share) => facts.Devices(d => d with
    {
        Memory = [.. d.Memory.Select(m => m with { Share = share })],
        MemoryTypes = new Dictionary<string, string> { ["pc.ram"] = type },
    });

    internal static SourceFacts Device(this SourceFacts facts, string type, string id = "x0") => facts
        .With("-device", new JsonObject { ["driver"] = type, ["id"] = id }.ToJsonString())
        .Devices(d => d with { Peripherals = new Dictionary<string, string>(d.Peripherals) { [id] = type } });
}
