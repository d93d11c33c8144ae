namespace VirtHandover.Tests.Integration.Host;

/// <summary>A running guest of the lab's own kind; see <c>tests/lab/vm</c> for the options.</summary>
internal sealed record Guest(string Name, string Address)
{
    // Without KVM an idle guest at its usual pace, a step each ms and 16 MB/s, takes half a processor from the tests beside it. At this one it goes
    // through all of its memory in two seconds.
    internal static readonly string[] Pace = ["--tick", "4", "--mem", "16", "--rate", "8"];

    /// <summary>Defines and starts a guest, and returns when it answers.</summary>
    public static async Task<Guest> Start(string name, params string[] options)
    {
        var guest = new Guest(name, (await Shell.Run("vm", [name, .. Pace, .. options])).Trim());
        await HostViews.Remember(name);
        return guest;
    }

    /// <summary>Asks the guest, waiting up to ten seconds for its answer.</summary>
    public async Task<GuestStatus> Status() => GuestStatus.Parse(await Shell.Run("probe", "status", Address, "60"));

    /// <summary>Waits until the guest tells something.</summary>
    public Task<GuestStatus> WaitFor(string what, Func<GuestStatus, bool> condition, TimeSpan? limit = null) =>
        Eventually.Get($"the guest {Name}: {what}", Status, condition, limit);

    /// <summary>Waits until the guest went once more through all its memory and its disk, and asserts that all was well, with libvirt's view of it after a handover, too.</summary>
    public async Task<GuestStatus> AssertLives(GuestStatus earlier)
    {
        await HostViews.Check(Name);
        var now = await Status();
        now.AssertContinues(earlier);
        var later = await WaitFor("its counter, memory and disk go on",
            s => s.Counter > now.Counter + 100 && s.MemoryPasses > now.MemoryPasses && s.DiskWrites > now.DiskWrites + 2);
        later.AssertContinues(now);
        return later;
    }

    /// <summary>
    /// Asserts that qemu-img finds nothing wrong with the guest's image, and that libvirt can suspend and resume it. While it runs, a
    /// cluster counts as leaked between the write of its count and that of the table that refers to it; a QEMU that stops writes both.
    /// </summary>
    public async Task AssertDiskSound()
    {
        await Virsh.Run("suspend", Name);
        Assert.Equal("paused", await Virsh.State(Name));
        await Shell.Run("qemu-img", "check", "--force-share", "-q", $"/var/lib/libvirt/images/{Name}.qcow2");
        await Virsh.Run("resume", Name);
    }

    /// <summary>Waits until libvirt reaches the guest's agent: a guest that has just booted answers before its agent does.</summary>
    public Task AgentAnswers() => Eventually.Until(
        $"the agent of {Name} answers", async () => (await Shell.TryRun("virsh", ["-q", .. Virsh.AgentCommand(Name, """{"execute":"guest-ping"}""")])).ExitCode == 0);

    /// <summary>Sets how fast the guest rewrites its memory, MB/s.</summary>
    public Task SetMemoryRate(int megabytes) => Shell.Run("probe", "send", Address, $"rate={megabytes}");

    public Task<int> Pid() => Virsh.Pid(Name);

    public Task<string> RunningVersion() => Virsh.RunningVersion(Name);
}
