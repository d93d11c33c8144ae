using System.Globalization;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A guest of the lab's own kind that can be brought into a state of its own in which it stands: its watchdog bites, or its QEMU meets an error.
/// </summary>
/// <param name="Guest">The guest.</param>
/// <param name="State">QEMU's name of that state.</param>
/// <param name="Domain">Its UUID.</param>
/// <param name="Process">The QEMU that it was started in.</param>
internal sealed record FailingGuest(Guest Guest, string State, Guid Domain, int Process)
{
    public const string Watchdog = "watchdog";
    public const string InternalError = "internal-error";

    private const string Library = "/usr/lib/lab-internal-error.so";
    private const string Stopped = "vh-stopped";

    /// <summary>Starts one, and returns when it answers.</summary>
    public static async Task<FailingGuest> Start(string name, string state, string ram = "shared")
    {
        string[] options = ["--ram", ram, "--mem", "16", "--memory", "128"];
        // Its patience is longer than any time for which a busy machine lets a guest wait.
        Guest guest = state == Watchdog ? await Guest.Start(name, [.. options, "--watchdog", "60000"]) : await StartPreloaded(name, options);
        return new FailingGuest(guest, state, await Virsh.Uuid(name), await guest.Pid());
    }

    /// <summary>Brings it into that state, and returns when it stands. libvirt may be away, and its monitor taken.</summary>
    /// <param name="inTarget">Whether it runs in the QEMU to which it is being handed over; the old one may be there still.</param>
    public async Task Fail(bool inTarget)
    {
        if (State == Watchdog)
        {
            // Its answer may come too late: it is silent already when it is asked again.
            await Shell.TryRun("probe", "send", Guest.Address, "watchdog");
            await Eventually.Until("it is silent", async () => (await Shell.TryRun("probe", "status", Guest.Address, "3")).ExitCode != 0);
            return;
        }

        int process = inTarget ? Assert.Single(Processes.Qemus(Domain), one => one != Process) : Process;
        await Shell.Run("kill", "-s", "RTMIN+7", process.ToString(CultureInfo.InvariantCulture));
        await Eventually.Until("it stands", () => Task.FromResult(
            Directory.EnumerateDirectories($"/proc/{process}/task").Any(thread => File.ReadAllText(thread + "/comm").Trim() == Stopped)));
    }

    /// <summary>libvirt knows it as standing in this state, and one QEMU has it.</summary>
    public async Task AssertStands(int process)
    {
        Assert.Equal((process, "paused"), (await Virsh.Pid(Guest.Name), await Virsh.State(Guest.Name)));
        Assert.Contains($"\"{State}\"", await Virsh.Monitor(Guest.Name, """{"execute":"query-status"}"""), StringComparison.Ordinal);
        Assert.Equal([process], Processes.Qemus(Domain));
        if (State == Watchdog)
            Assert.Contains("watchdog", await Virsh.Run("domstate", "--reason", Guest.Name), StringComparison.Ordinal);
    }

    private static Task<Guest> StartPreloaded(string name, string[] options) => EditedGuest.Start(
        name,
        xml => xml.Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace("</domain>", $"<qemu:commandline><qemu:env name='LD_PRELOAD' value='{Library}'/></qemu:commandline></domain>", StringComparison.Ordinal),
        options);

    /// <summary>Makes what an internal error is brought about with.</summary>
    public static Task<string> Prepare() => Shell.Run(
        "gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", Library, Path.Combine(AppContext.BaseDirectory, "Security", "internal-error.c"),
        "-ldl", "-lpthread");
}
