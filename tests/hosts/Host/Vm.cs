using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Host;

/// <summary>What is true of a VM that nothing has harmed, on a host in which the service was at work.</summary>
internal static class Vm
{
    private static readonly string[] s_small = ["--ram", "shared", "--mem", "16", "--memory", "128"];

    /// <summary>A small guest with shared memory, balloon and random numbers.</summary>
    public static Task<Guest> Start(string name, params string[] options) => Guest.Start(name, [.. s_small, .. options]);

    /// <summary>Every process of the host that is a QEMU of this domain.</summary>
    public static async Task<IReadOnlyList<string>> Qemus(string domain)
    {
        Guid uuid = await Virsh.Uuid(domain);
        return Lines((await Shell.TryRun("pgrep", "-f", "--", $"-uuid {uuid} ")).Output);
    }

    /// <summary>Whether the process of the domain runs the program that is installed; not yet when it ends in this moment, because it is handed over.</summary>
    public static async Task<bool> IsOnInstalled(string domain)
    {
        string program = $"/proc/{await Virsh.Pid(domain)}/exe";
        try
        {
            return DebianHost.BuildOf(program) == DebianHost.BuildOf(DebianHost.Emulator);
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>No handover is at work any more, and libvirt answers.</summary>
    public static Task Settled(string domain, TimeSpan? limit = null) => Eventually.Until(
        "no handover is left, and libvirt answers",
        async () => (await Shell.TryRun("pgrep", "-f", "virt-handoverd keeper")).Output.Length == 0 &&
            (await Shell.TryRun("systemctl", "list-jobs", "--plain", "--no-legend")).Output.Trim().Length == 0 &&
            (await Shell.TryRun("virsh", "domstate", domain)).ExitCode == 0,
        limit);

    /// <summary>One QEMU runs it, the guest has lost nothing, libvirt manages it, its agent answers.</summary>
    public static async Task AssertWhole(Guest guest, GuestStatus before)
    {
        Assert.Equal("running", await Virsh.State(guest.Name));
        Assert.Single(await Qemus(guest.Name));
        GuestStatus now = await guest.AssertLives(before);
        await Virsh.Run("suspend", guest.Name);
        Assert.Equal("paused", await Virsh.State(guest.Name));
        await Virsh.Run("resume", guest.Name);
        await guest.AgentAnswers();
        await guest.AssertLives(now);
    }

    private static string[] Lines(string text) => text.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
