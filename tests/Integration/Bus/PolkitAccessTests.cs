using System.Diagnostics;
using System.Text;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Bus;

/// <summary>Who may do what: the installed service, the shipped bus policy, the shipped actions, a real polkitd or none.</summary>
public sealed class PolkitAccessTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Name = "org.virthandover.Handover1";
    private const string Manager = "/org/virthandover/Handover1";
    private const string WrongState = "it already runs on the installed QEMU";
    private static readonly string[] Nobody = ["--reuid", "65534", "--regid", "65534", "--clear-groups"];
    private SmallGuest _guest = null!;

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        _guest = await SmallGuest.Start("polkit", "--ram", "shared");
        await TheService.Until("it is shown", _guest.Name, domain => domain.State == "current");
    }

    public async Task DisposeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    [Fact(Timeout = 180000)]
    public async Task With_polkit_its_rules_decide()
    {
        await using (await Polkitd.Start())
        {
            Assert.Equal(0, (await History("65534")).ExitCode);
            Refused(await Approve("65534", "--allow-interactive-authorization=no"), "Approve needs a password of an administrator");
            Refused(await Approve("65534"), "Access denied");
            Refused(await Pause("65534"), "Access denied");
            Refused(await Notify("65534"), "Access denied");

            // Allowed, so the queue's own answer is heard.
            Refused(await Approve("0"), WrongState);
            Assert.Equal(0, (await Pause("0")).ExitCode);
        }

        await using (await Polkitd.Start(
            """
            polkit.addRule(function(action, subject) {
                if (action.id == "org.virthandover.handover1.approve" && subject.user == "nobody" && action.lookup("method") == "Approve") return polkit.Result.YES;
                if (action.id == "org.virthandover.handover1.view") return polkit.Result.NO;
            });
            """))
        {
            Refused(await Approve("65534"), WrongState);
            Refused(await Pause("65534"), "Access denied");
            Refused(await History("65534"), "Access denied");
            Refused(await Notify("65534"), "Access denied");
            Assert.Equal(0, (await History("0")).ExitCode);
        }
    }

    [Fact(Timeout = 180000)]
    public async Task Who_is_not_root_is_asked_for_a_password_on_the_terminal()
    {
        await using (await Polkitd.Start("polkit.addAdminRule(function() { return ['unix-user:0']; });"))
        {
            await Shell.Run("sh", "-c", "echo root:open-sesame | chpasswd");
            var (code, screen) = await OnTerminal("virt-handover queue pause test", "wrong");
            Assert.True(code == 4, $"{code}: {screen}");
            Assert.Contains("Password: ", screen, StringComparison.Ordinal);
            Assert.Contains("polkit does not allow the action", screen, StringComparison.Ordinal);
            Assert.Equal("running", (await TheService.View()).QueueState);

            (code, screen) = await OnTerminal("virt-handover queue pause test", "open-sesame");
            Assert.True(code == 0, $"{code}: {screen}");
            Assert.Contains("Authentication is required to manage handovers of virtual machines", screen, StringComparison.Ordinal);
            Assert.DoesNotContain("open-sesame", screen, StringComparison.Ordinal);
            Assert.Equal("paused", (await TheService.View()).QueueState);

            // Once for all that one call names; each is answered by its name.
            var second = await SmallGuest.Start("polkit-2", "--ram", "shared");
            await TheService.Until("it is shown", second.Name, domain => domain.State == "current");
            (code, screen) = await OnTerminal("virt-handover approve polkit polkit-2", "open-sesame");
            Assert.True(code == 1, $"{code}: {screen}");
            Assert.Single(screen.Split("Password: ")[1..]);
            Assert.Contains("polkit was not approved: " + WrongState, screen, StringComparison.Ordinal);
            Assert.Contains("polkit-2 was not approved: " + WrongState, screen, StringComparison.Ordinal);

            // A handover or a rehearsal is another call than the rest.
            (code, screen) = await OnTerminal("virt-handover rehearse polkit", "open-sesame");
            Assert.True(code == 0, $"{code}: {screen}");
            Assert.Contains("rehearsed", screen, StringComparison.Ordinal);

            // Without a terminal nobody is asked.
            ShellResult refused = await Shell.TryRun("setpriv", [.. Nobody, "virt-handover", "approve", "polkit"]);
            Refused(refused, "Could not approve polkit: this user may not do that.");
            Assert.Equal(4, refused.ExitCode);
            ShellResult silent = await Shell.TryRun("setpriv", [.. Nobody, "virt-handover", "queue", "resume"]);
            Refused(silent, "polkit does not allow the action");
            Assert.Equal("", (await Shell.TryRun("pgrep", "-x", "pkttyagent")).Output);
        }
    }

    [Fact(Timeout = 180000)]
    public async Task Without_polkit_root_alone_changes_anything()
    {
        await Polkitd.Absent();
        Assert.Equal(0, (await History("65534")).ExitCode);
        Refused(await Approve("65534"), "Access denied");
        Refused(await Pause("65534"), "Access denied");
        Refused(await Notify("65534"), "Access denied");
        Refused(await Approve("0"), WrongState);
        Assert.Equal(0, (await Pause("0")).ExitCode);
        Assert.Contains("paused by root (uid 0): test.", (await TheService.View()).QueueReason, StringComparison.Ordinal);
    }

    /// <summary>Runs a command as nobody on a terminal of its own, and answers the question for a password.</summary>
    private static async Task<(int Code, string Screen)> OnTerminal(string command, string password)
    {
        using var script = Process.Start(new ProcessStartInfo("setpriv", [.. Nobody, "script", "-qec", command, "/dev/null"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        using var limit = new CancellationTokenSource(Eventually.Limit);
        var screen = new StringBuilder();
        char[] some = new char[256];
        bool answered = false;
        while (await script.StandardOutput.ReadAsync(some, limit.Token) is > 0 and int count)
        {
            screen.Append(some, 0, count);
            if (answered || !screen.ToString().EndsWith("Password: ", StringComparison.Ordinal))
                continue;
            answered = true;
            // Not before: pkttyagent asks, and then throws away what was typed while it turned the echo off (TCSAFLUSH).
            string terminal = await Shell.Run("sh", "-c", $"readlink /proc/$(pgrep -P {script.Id})/fd/0");
            await Eventually.Until(
                "the terminal does not show what is typed", async () => (await Shell.Run("stty", "-F", terminal, "-a")).Contains(" -echo ", StringComparison.Ordinal));
            await script.StandardInput.WriteAsync((password + "\n").AsMemory(), limit.Token);
            await script.StandardInput.FlushAsync(limit.Token);
        }

        await script.WaitForExitAsync(limit.Token);
        return (script.ExitCode, screen.ToString());
    }

    private static void Refused(ShellResult result, string why)
    {
        Assert.NotEqual(0, result.ExitCode);
        Assert.Contains(why, result.Error, StringComparison.Ordinal);
    }

    private static Task<ShellResult> History(string user) => As(user, "call", Name, Manager, Name + ".Manager", "History", "sua{sv}", "", "5", "0");

    private static Task<ShellResult> Pause(string user) => As(user, "call", Name, Manager, Name + ".Manager", "PauseQueue", "sa{sv}", "test", "0");

    private static Task<ShellResult> Notify(string user) => As(user, "call", Name, Manager, Name + ".Manager", "NotifyUpdate", "sas", "rpm", "0");

    private Task<ShellResult> Approve(string user, params string[] options) =>
        As(user, [.. options, "call", Name, TheService.PathOf(_guest.Uuid), Name + ".Domain", "Approve", "a{sv}", "0"]);

    private static Task<ShellResult> As(string user, params string[] arguments) =>
        Shell.TryRun("setpriv", ["--reuid", user, "--regid", user, "--clear-groups", "busctl", "--system", .. arguments]);
}
