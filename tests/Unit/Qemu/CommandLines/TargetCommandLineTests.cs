using VirtHandover.Qemu;

namespace VirtHandover.Tests.Unit.Qemu.CommandLines;

public class TargetCommandLineTests
{
    private static readonly MemoryBackend PcRam = new("pc.ram", 201326592, false);

    [Fact]
    public void The_default_private_ram_of_libvirt_9_lands_in_a_shared_file()
    {
        var source = CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-private-i440fx"));
        var start = Build(source, PcRam);

        Assert.Equal(
            """{"qom-type":"memory-backend-file","mem-path":"/proc/self/fd/34","share":true,"id":"pc.ram","size":201326592,"x-use-canonical-path-for-ramblock-id":false}""",
            start.Line.Find("object", "pc.ram")!.Argument);
        Assert.Equal("pc-i440fx-7.2,usb=off,dump-guest-core=off,memory-backend=pc.ram", start.Line.Last("machine")!.Argument);
        Assert.Equal("none,audiodev=audio1", start.Line.Last("vnc")!.Argument);
        Assert.Equal("socket,id=charmonitor,fd=32,server=on,wait=off", start.Line.MonitorChardev!.Argument);
        Assert.Equal("defer", start.Line.Last("incoming")!.Argument);
        Assert.Single(start.Line.All("S"));
        Assert.Empty(start.Line.All("netdev"));
        Assert.Null(start.Line.Find("device", "net0"));
        Assert.Equal("/new/qemu", start.Line.Program);
        Assert.Equal(
            [
                new(31, new FdOrigin.Source(31, FdRole.Chardev, "charchannel0")), new(32, new FdOrigin.Monitor()), new(34, new FdOrigin.Memory("pc.ram")),
            ],
            start.Fds);

        var nic = Assert.Single(start.Nics);
        Assert.Equal("net0", nic.DeviceId);
        Assert.Equal([33], nic.TapFds);
        Assert.Equal("""{"type":"tap","id":"hostnet0","fd":"late0"}""", nic.NetdevWith(["late0"], []).ToJsonString());
        Assert.Equal(
            """{"driver":"virtio-net-pci","netdev":"hostnet0","id":"net0","mac":"52:54:00:30:f9:04","bus":"pci.0","addr":"0x3"}""", nic.Device.ToJsonString());
    }

    [Fact]
    public void All_else_stays_word_for_word()
    {
        foreach (var name in (string[])["libvirt-9.0-private-i440fx", "libvirt-9.0-shared-q35-iothread", "libvirt-9.0-memfd-i440fx"])
        {
            var source = CommandLine.Parse(Corpus.CommandLine(name));
            var start = Build(source, PcRam);
            string[] changed = ["vnc", "netdev", "incoming"];
            bool Kept(CommandLineOption o) => !changed.Contains(o.Name) && o.Id is not ("pc.ram" or "net0" or "charmonitor") && o.Kind is not "file";
            Assert.Equal(source.Options.Where(Kept), start.Line.Options.Where(Kept));
        }
    }

    [Fact]
    public void The_old_program_s_twin_has_its_network_devices_on_no_network()
    {
        var source = CommandLine.Parse([.. Corpus.CommandLine("libvirt-9.0-private-i440fx"), "-netdev", "tap,id=b,,c,fd=35", "-device", "e1000,netdev=b,,c,id=net1"]);
        var start = TargetCommandLine.Build(source, new TargetPlan { Program = "/saved/qemu", Memory = [PcRam], IsOldTwin = true });
        Assert.Equal(["hubport,id=hostnet0,hubid=0", "hubport,id=b,,c,hubid=1"], start.Line.All("netdev").Select(netdev => netdev.Argument));
        Assert.Equal(source.Find("device", "net0"), start.Line.Find("device", "net0"));
        Assert.DoesNotContain(start.Fds, fd => fd.Origin is FdOrigin.Source { Role: FdRole.Tap });
        Assert.Equal("defer", start.Line.Last("incoming")!.Argument);
        Assert.Equal("/saved/qemu", start.Line.Program);
    }

    [Theory]
    [InlineData("mem-lock=on", "mem-lock=off")]
    [InlineData("cpu-pm=on,mem-lock=on", "cpu-pm=on,mem-lock=off")]
    public void The_old_program_s_twin_locks_no_memory_and_the_target_does_as_the_source(string source, string twin)
    {
        var line = CommandLine.Parse([.. Corpus.CommandLine("libvirt-9.0-private-i440fx").Select(word => word == "mem-lock=off" ? source : word)]);
        Assert.Equal(twin, TargetCommandLine.Build(line, new TargetPlan { Program = "/saved/qemu", Memory = [PcRam], IsOldTwin = true }).Line.Last("overcommit")!.Argument);
        Assert.Equal(source, Build(line, PcRam).Line.Last("overcommit")!.Argument);
    }

    [Fact]
    public void The_host_s_cache_of_the_disks_stays()
    {
        var source = CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-private-i440fx"));
        var start = Build(source, PcRam);
        var disk = start.Line.Find("blockdev", "libvirt-1-storage")!;
        Assert.Equal(source.Find("blockdev", "libvirt-1-storage")!.Argument![..^1] + ""","drop-cache":false}""", disk.Argument);
        Assert.Equal(source.Find("blockdev", "libvirt-1-storage"), start.Logical.Find("blockdev", "libvirt-1-storage"));
        var old = CommandLine.Parse(["/qemu", .. source.Render().Skip(1), "-blockdev", "driver=host_device,filename=/dev/sda,node-name=x", "-blockdev", "nbd,node-name=y"]);
        Assert.Equal("driver=host_device,filename=/dev/sda,node-name=x,drop-cache=off", Build(old, PcRam).Line.Find("blockdev", "x")!.Argument);
        Assert.Equal("nbd,node-name=y", Build(old, PcRam).Line.Find("blockdev", "y")!.Argument);
    }

    [Fact]
    public void The_second_handover_starts_from_the_first_ones_logical_line_and_ends_at_the_same()
    {
        var first = Build(CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-private-i440fx")), PcRam);
        Assert.NotNull(first.Logical.Find("device", "net0"));
        Assert.Equal("127.0.0.1:0,audiodev=audio1", first.Logical.Last("vnc")!.Argument);
        var second = Build(first.Logical, PcRam with { Share = true });
        Assert.Equal(first.Line.Render(), second.Line.Render());
        Assert.Equal(first.Logical.Render(), second.Logical.Render());
        Assert.Equal(first.Fds, second.Fds);
    }

    [Fact]
    public void Each_numa_node_gets_a_file_of_its_own()
    {
        var start = Build(
            CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-numa-private")),
            new MemoryBackend("ram-node0", 134217728, false),
            new MemoryBackend("ram-node1", 134217728, false));
        Assert.Equal(
            [(43, "ram-node0"), (44, "ram-node1")],
            start.Fds.Where(f => f.Origin is FdOrigin.Memory).Select(f => (f.Number, ((FdOrigin.Memory)f.Origin).Backend)));
        Assert.Equal("node,nodeid=1,cpus=1,memdev=ram-node1", start.Line.All("numa").Last().Argument);
    }

    [Fact]
    public void Old_libvirts_words_become_typed_json()
    {
        var start = TargetCommandLine.Build(CommandLine.Parse(Corpus.CommandLine("libvirt-6.0-keyed")), new TargetPlan
        {
            Program = "/new/qemu",
            Memory = [new MemoryBackend("ram-node0", 1073741824, true)],
            Fdsets = [new Fdset(1, [new FdsetFd(19, "/var/log/serial,0.log")])],
        });
        var nic = Assert.Single(start.Nics);
        Assert.Equal("""{"type":"tap","id":"hostnet0","vhost":true,"fds":"a:b","vhostfds":"c:d"}""", nic.NetdevWith(["a", "b"], ["c", "d"]).ToJsonString());
        Assert.Equal(
            """{"driver":"virtio-net-pci","mq":true,"vectors":6,"netdev":"hostnet0","id":"net0","mac":"52:54:00:00:00:01","bus":"pci.0","addr":"0x3","bootindex":2,"disable-legacy":"on","host_mtu":1500}""",
            nic.Device.ToJsonString());
        Assert.Equal(
            """{"qom-type":"memory-backend-file","mem-path":"/proc/self/fd/35","share":true,"id":"ram-node0","size":1073741824,"host-nodes":[0,1],"policy":"bind"}""",
            start.Line.Find("object", "ram-node0")!.Argument);
        Assert.Equal("none,password", start.Line.Last("vnc")!.Argument);
        Assert.Contains(new FdMapping(30, new FdOrigin.Source(19, FdRole.Fdset, "1")), start.Fds);
        Assert.Equal("defer", Assert.Single(start.Line.All("incoming")).Argument);
        Assert.Empty(start.Logical.All("incoming"));
    }

    [Fact]
    public void A_plain_m_gets_a_backend_of_the_machines_own_name()
    {
        var words = Corpus.CommandLine("libvirt-9.0-private-i440fx").ToList();
        words.RemoveRange(words.FindIndex(w => w.Contains("memory-backend-ram", StringComparison.Ordinal)) - 1, 2);
        words[words.FindIndex(w => w.StartsWith("pc-i440fx", StringComparison.Ordinal))] = "pc-i440fx-7.2,usb=off";
        var start = Build(CommandLine.Parse(words), PcRam);
        Assert.Equal("pc-i440fx-7.2,usb=off,memory-backend=pc.ram", start.Line.Last("machine")!.Argument);
        Assert.Equal("off", start.Line.Find("object", "pc.ram")!.Value.Text("x-use-canonical-path-for-ramblock-id"));
        Assert.Equal(start.Logical.Render(), Build(start.Logical, PcRam).Logical.Render());
    }

    [Fact]
    public void What_cannot_be_repeated_is_said_in_a_sentence()
    {
        var keyed = CommandLine.Parse(Corpus.CommandLine("libvirt-6.0-keyed"));
        var lost = Assert.Throws<CommandLineException>(() => Build(keyed, new MemoryBackend("ram-node0", 1073741824, true)));
        Assert.Contains("fd set 1", lost.Message, StringComparison.Ordinal);
        var plugged = Assert.Throws<CommandLineException>(
            () => Build(CommandLine.Parse(Corpus.CommandLine("libvirt-9.0-private-i440fx")), PcRam, new MemoryBackend("memdimm0", 1, false)));
        Assert.Contains("plugged", plugged.Message, StringComparison.Ordinal);
        Assert.Throws<CommandLineException>(() => Build(CommandLine.Parse(["qemu", "-S"]), PcRam));
    }

    private static TargetStart Build(CommandLine source, params MemoryBackend[] memory) =>
        TargetCommandLine.Build(source, new TargetPlan { Program = "/new/qemu", Memory = memory });
}
