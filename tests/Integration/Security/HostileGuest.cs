using System.Security;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>A guest whose QEMU, old and new, lies at random while there is a plan; see <c>hostile.c</c>.</summary>
internal static class HostileGuest
{
    public const string Library = HostileQemu.Tools + "/hostile.so";

    /// <summary>A program of somebody who is not root; whoever runs it leaves a mark.</summary>
    public const string Script = HostileQemu.Tools + "/bin/sh";
    private const string Run = "/run/hostile";
    private const string Marks = Run + "/marks";
    private const string Plan = Run + "/plan";

    /// <summary>Makes what it needs; fails when the library would not tell that root has loaded it.</summary>
    public static async Task Install()
    {
        Directory.CreateDirectory(Marks);
        await Shell.Run("chmod", "1777", Marks);
        await HostileQemu.Library("hostile", await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "Security", "hostile.c")));
        await HostileQemu.Script(Script, $"id -u >> {Marks}/script");
        await Shell.Run("chown", "-R", "4242", Path.GetDirectoryName(Script)!);
        await Shell.Run("env", "LD_PRELOAD=" + Library, "true");
        await Shell.Run("env", "LD_AUDIT=" + Library, "true");
        Assert.NotEmpty(WhoLoadedIt());
        foreach (string mark in Directory.EnumerateFiles(Marks))
            File.Delete(mark);
        Assert.Empty(WhoLoadedIt());
    }

    /// <summary>Nobody can load it any more.</summary>
    public static void Remove()
    {
        if (Directory.Exists(HostileQemu.Tools))
            Directory.Delete(HostileQemu.Tools, recursive: true);
        File.Delete(Plan);
    }

    /// <summary>Defines it. It is started anew for every round.</summary>
    public static async Task<SmallGuest> Define()
    {
        string xml = (await Shell.Run("vm", HostileRound.Name, "--xml", "--ram", "shared", "--no-net", "--mem", "16", "--memory", "128"))
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace(
                "</domain>",
                $"<qemu:commandline><qemu:env name='LD_PRELOAD' value='{SecurityElement.Escape(Library)}'/></qemu:commandline></domain>",
                StringComparison.Ordinal);
        string image = $"/var/lib/libvirt/images/{HostileRound.Name}.qcow2";
        if (!File.Exists(image))
            await Shell.Run("qemu-img", "create", "-q", "-f", "qcow2", image, "16M");
        await File.WriteAllTextAsync($"/run/lab/{HostileRound.Name}.xml", xml);
        await Virsh.Run("define", $"/run/lab/{HostileRound.Name}.xml");
        return new SmallGuest(HostileRound.Name, await Virsh.Uuid(HostileRound.Name));
    }

    /// <summary>From now on it lies.</summary>
    public static async Task Lie(string plan)
    {
        await File.WriteAllTextAsync(Plan + ".new", plan + "\n");
        File.Move(Plan + ".new", Plan, overwrite: true);
    }

    /// <summary>From now on it is honest.</summary>
    public static void BeHonest() => File.Delete(Plan);

    /// <summary>Each program that has loaded its library, or run its script, as root.</summary>
    public static IReadOnlyList<string> WhoLoadedIt() => [.. Directory.EnumerateFiles(Marks).Select(file => Path.GetFileName(file))];
}
