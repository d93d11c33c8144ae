using System.Text.Json;
using VirtHandover.Tests.Hosts.Host;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Hosts.Cases;

/// <summary>What the host's own services do in the middle of a handover: an administrator, or a package, restarts them.</summary>
public sealed class RestartTests : IClassFixture<DebianHost>, IAsyncLifetime
{
    private const string Name = "busy";

    /// <summary>One of every phase, and those around the moment of commitment.</summary>
    private static readonly string[] s_moments =
    [
        "begin.journaled", "prepare.proven", "quiesce.daemon-stopped", "perform.stopped", "perform.moved", "finish.committed",
        "confirm.source-ended", "confirm.adopting", "confirm.verified",
    ];

    private static readonly string[] s_deeds =
    [
        "restart libvirtd", "restart virtlogd", "restart systemd-machined", "restart dbus", "restart polkit", "restart virt-handoverd",
        "restart virt-handover-worker",
        "daemon-reload", "daemon-reexec",
    ];

    private static readonly string[] s_releases = ["bookworm", "trixie", "sid"];

    private Guest? _guest;

    /// <summary>
    /// Every deed at every moment. In a test run like any other each deed once, on one of the releases, in the pause or right behind the commitment.
    /// </summary>
    public static TheoryData<string, string> Cases
    {
        get
        {
            bool telling = Environment.GetEnvironmentVariable("VHHOSTS_PART") == "telling";
            int release = Array.IndexOf(s_releases, Environment.GetEnvironmentVariable("VHHOSTS_RELEASE")); // -1: the tests are only listed
            var data = new TheoryData<string, string>();
            foreach ((int n, string deed) in s_deeds.Index())
            {
                if (telling && release >= 0 && n % s_releases.Length != release)
                    continue;
                foreach (string moment in telling ? [n % 2 == 0 ? "finish.committed" : "perform.stopped"] : s_moments)
                    data.Add(deed, moment);
            }

            return data;
        }
    }

    /// <summary>The guest of the case before, or a new one when that was lost.</summary>
    public async Task InitializeAsync()
    {
        await Units.BringLogindBack();
        bool there = (await Shell.TryRun("virsh", "-q", "domstate", Name)).Output.Trim() == "running";
        if (there)
        {
            _guest = new Guest(Name, "10.77.0.11");
            return;
        }

        await Shell.TryRun("virsh", "destroy", Name);
        await Shell.TryRun("virsh", "undefine", Name);
        _guest = await Vm.Start(Name, "--ip", "10.77.0.11");
    }

    public Task DisposeAsync() => Task.CompletedTask;

    [Theory(Timeout = 300000)]
    [Trait("Part", "telling")]
    [MemberData(nameof(Cases))]
    public async Task A_handover_survives_it(string deed, string moment)
    {
        Guest guest = _guest!;
        GuestStatus before = await guest.Status();
        await Product.List();
        await using HeldPoint held = await HeldPoint.Set(moment);
        Task<ShellResult> run = Shell.TryRun("virt-handover", "run", Name, "--json");
        await held.Reached();

        string[] words = deed.Split(' ');
        // libvirt's start waits for the handover at the gate: that one is only begun.
        await Shell.Run("systemctl", words[^1] == "libvirtd" ? ["--no-block", .. words] : words);
        held.LetGo();
        await run;
        await Vm.Settled(Name);
        await Product.Until("the service answers", Name, one => Product.Text(one, "state") is not "running");

        await Vm.AssertWhole(guest, before);
        await Units.AssertNoneFailed();
        // Whatever became of that one, the next comes through.
        JsonElement next = await Product.Run("run", Name);
        Assert.Equal("done", Product.Text(next.GetProperty("report"), "outcome"));
        await Vm.AssertWhole(guest, before);
    }

    [Fact(Timeout = 300000)]
    public async Task A_moved_VM_outlives_all_of_it()
    {
        Guest guest = _guest!;
        GuestStatus before = await guest.Status();
        await Product.Run("run", Name);
        foreach (string deed in s_deeds)
        {
            await Shell.Run("systemctl", deed.Split(' '));
            await Eventually.Until("libvirt answers", async () => (await Shell.TryRun("virsh", "domstate", Name)).ExitCode == 0);
            await Vm.AssertWhole(guest, before);
        }

        await Units.AssertNoneFailed();
    }
}
