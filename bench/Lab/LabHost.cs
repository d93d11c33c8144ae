using VirtHandover.Bench.Results;

namespace VirtHandover.Bench.Lab;

/// <summary>The lab that the run is in.</summary>
internal static class LabHost
{
    private const string Emulator = "/usr/libexec/qemu-kvm";

    /// <summary>Makes it ready: a service that lets every pause through, however long, and stops for no failure; room for large guests.</summary>
    /// <exception cref="BenchException">This is no lab: the run would upgrade the host's QEMU and destroy its VMs.</exception>
    public static async Task<Machine> Prepare()
    {
        if (Environment.GetEnvironmentVariable("VHLAB") != "1")
            throw new BenchException("The bench runs inside the lab only: make bench.");
        // A tmpfs has half of the memory by default, and the guests' memory lies in files there.
        await Shell.Run("mount", "-o", "remount,size=95%", "/var/lib/libvirt");
        Directory.CreateDirectory("/etc/virt-handover/conf.d");
        await File.WriteAllTextAsync("/etc/virt-handover/conf.d/bench.conf", "[Service]\nMode=ask\n[Queue]\nStopAfterFailures=0\n[Handover]\nMaxPause=30s\nCanary=no\n");
        await Product.Stop();
        var old = await Installed();
        var offered = (await Shell.Run("dnf", "--quiet", "repoquery", "--latest-limit=1", "--qf", "%{version}", "qemu-kvm")).Split('\n')[^1].Trim();
        return new Machine(
            Read("/proc/cpuinfo", "model name"),
            Environment.ProcessorCount,
            ProcStat.Kibibytes("/proc/meminfo", "MemTotal") / 1024,
            (await Shell.Run("uname", "-r")).Trim(),
            "TCG (software emulation)",
            (await Shell.Run("libvirtd", "--version")).Trim().Split(' ')[^1],
            old,
            offered,
            (await Shell.Run("virt-handover", "--version")).Trim());
    }

    /// <summary>Has dnf bring a version of QEMU, whichever is installed.</summary>
    public static async Task InstallQemu(string version)
    {
        if (await Installed() != version)
            await Shell.Run("dnf", "--quiet", "-y", "install", "--allowerasing", $"qemu-kvm-{version}");
        if (!(await Shell.Run(Emulator, "--version")).Contains(version, StringComparison.Ordinal))
            throw new BenchException($"dnf has not brought QEMU {version}.");
    }

    private static Task<string> Installed() => Shell.Run("rpm", "-q", "--qf", "%{VERSION}", "qemu-kvm");

    private static string Read(string file, string name) =>
        File.ReadLines(file).FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))?.Split(':', 2)[^1].Trim() ?? "";
}
