using System.Globalization;

namespace VirtHandover.Bench.Bare;

/// <summary>What a bare QEMU looks like: the devices that tests/lab/vm gives a libvirt VM.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Address">The guest's address.</param>
/// <param name="Memory">MiB.</param>
/// <param name="Vcpus">Virtual processors.</param>
/// <param name="Area">MiB that the guest's writers may dirty.</param>
/// <param name="RamFile">The file that holds the guest's memory, to be shared; null: private memory.</param>
internal sealed record BareShape(string Name, string Address, int Memory, int Vcpus, int Area, string? RamFile)
{
    public const string Program = "/usr/libexec/qemu-kvm";

    public string Image => $"/var/lib/libvirt/images/{Name}.qcow2";

    public IEnumerable<string> Arguments(string tap)
    {
        var size = string.Create(CultureInfo.InvariantCulture, $"{Memory}M");
        var ram = RamFile is null
            ? $"memory-backend-ram,id=pc.ram,size={size}"
            : $"memory-backend-file,id=pc.ram,size={size},mem-path={RamFile},share=on,x-use-canonical-path-for-ramblock-id=off";
        return
        [
            "-name", $"guest={Name},debug-threads=on", "-nodefaults", "-no-user-config", "-display", "none",
            "-machine", "pc,usb=off,dump-guest-core=off,memory-backend=pc.ram", "-accel", "tcg", "-cpu", "qemu64",
            "-m", size, "-object", ram, "-smp", Vcpus.ToString(CultureInfo.InvariantCulture),
            "-kernel", "/var/lab/vmlinuz", "-initrd", "/var/lab/initramfs", "-append", KernelArguments,
            "-device", "piix3-usb-uhci", "-device", "virtio-serial-pci", "-device", "VGA,vgamem_mb=16",
            "-blockdev", $"driver=file,filename={Image},node-name=f0,cache.direct=on",
            "-blockdev", "driver=qcow2,file=f0,node-name=d0,cache.direct=on", "-device", "virtio-blk-pci,drive=d0,write-cache=on",
            "-netdev", $"tap,id=n0,ifname={tap},script=no,downscript=no", "-device", $"virtio-net-pci,netdev=n0,mac={Mac}",
            "-chardev", "null,id=c0", "-device", "virtserialport,chardev=c0,name=org.qemu.guest_agent.0", "-serial", "null",
            "-device", "virtio-balloon-pci", "-object", "rng-random,id=r0,filename=/dev/urandom", "-device", "virtio-rng-pci,rng=r0",
        ];
    }

    private string Mac => string.Create(
        CultureInfo.InvariantCulture, $"52:54:00:be:00:{byte.Parse(Address.Split('.')[^1], CultureInfo.InvariantCulture):x2}");

    private string KernelArguments => string.Create(
        CultureInfo.InvariantCulture,
        $"console=ttyS0 quiet panic=-1 mitigations=off no_timer_check tsc=reliable random.trust_cpu=on vh.ip={Address} vh.mem=16 vh.rate=16 vh.disk=100 vh.area={Area} vh.sink=10.77.0.1:9000");
}
