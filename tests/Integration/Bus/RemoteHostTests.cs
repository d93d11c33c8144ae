using System.Diagnostics;
using System.Text.Json;
using VirtHandover.Bus.Client;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Bus;

/// <summary><c>--host</c> with the distribution's ssh and sshd and the installed service.</summary>
public sealed class RemoteHostTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Bridge = "/usr/bin/systemd-stdio-bridge";
    private Sshd _sshd = null!;

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
        _sshd = await Sshd.Start();
    }

    public async Task DisposeAsync()
    {
        await _sshd.DisposeAsync();
        await TheService.Reset();
        await host.Reset();
    }

    [Fact(Timeout = 240_000)]
    public async Task A_handover_is_approved_and_watched_to_its_end()
    {
        Guest guest = await Guest.Start("remote", "--ram", "shared", "--mem", "16", "--memory", "128");
        GuestStatus before = await guest.Status();
        Assert.Contains("remote  · current", (await Remote(0, "list")).Output, StringComparison.Ordinal);
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is outdated", guest.Name, domain => domain.State == "pending");
        Assert.Equal("1 domain: 1 pending\n", (await Remote(3, "status")).Output);

        Assert.Equal("remote: approved\n", (await Remote(0, "approve", guest.Name)).Output);
        Assert.EndsWith("1 domain: 1 done\n", (await Remote(0, "status", "--watch", "--timeout", "2m")).Output, StringComparison.Ordinal);
        using JsonDocument history = JsonDocument.Parse((await Remote(0, "history", "--json")).Output);
        JsonElement report = history.RootElement.GetProperty("reports")[0];
        Assert.Equal(("done", "root (uid 0)"), (report.GetProperty("outcome").GetString(), report.GetProperty("by").GetString()));
        Assert.StartsWith("remote\t", (await Shell.TryRun("virt-handover", "complete", "fish", "--", "--host", Sshd.Root, "show", "rem")).Output, StringComparison.Ordinal);
        Assert.Equal(host.NewVersion, await guest.RunningVersion());
        await guest.AssertLives(before);

        // Nothing of a connection stays.
        await Eventually.Until("no bridge and no ssh is left", async () => (await Shell.TryRun("pgrep", "-f", "systemd-stdio-bridg[e]")).ExitCode == 1);
    }

    [Fact(Timeout = 180_000)]
    public async Task What_failed_on_the_way_is_told_in_a_sentence()
    {
        await Fails(Sshd.Stranger, "cannot be reached over SSH: Host key verification failed. Its key is not known here");
        await Fails("root@10.77.0.1:2223", "cannot be reached over SSH: connect to host 10.77.0.1 port 2223: Connection refused. Try it by hand: ssh -p 2223 root@10.77.0.1");
        await Fails("root@kvm-17.invalid", "cannot be reached over SSH: Could not resolve hostname kvm-17.invalid");
        await Fails($"nobody@10.77.0.1:{Sshd.Port}", "systemd-stdio-bridge cannot be started there: This account is currently not available. It comes with systemd");
        await Sshd.Admit(false);
        await Fails(Sshd.Root, $"root@10.77.0.1: Permission denied (publickey). It takes no key that this user has; give it one with ssh-copy-id, then try by hand: ssh -p {Sshd.Port} root@10.77.0.1");
        await Sshd.Admit(true);

        // /usr is the lab's own.
        File.Move(Bridge, Bridge + ".away");
        try
        {
            await Fails(Sshd.Root, "is reached over SSH, but systemd-stdio-bridge cannot be started there");
        }
        finally
        {
            File.Move(Bridge + ".away", Bridge);
        }

        await TheService.Stop();
        await Activation(false);
        try
        {
            await Fails(Sshd.Root, $"Is the package virt-handover installed? (On {Sshd.Root}, over SSH.)");
        }
        finally
        {
            await Activation(true);
        }

        await Remote(0, "list");
    }

    [Fact(Timeout = 180_000)]
    public async Task A_way_that_breaks_is_found_again()
    {
        await using var client = new HandoverServiceClient();
        await client.PauseQueueAsync("the way breaks", CancellationToken.None);
        using var watch = Process.Start(new ProcessStartInfo("virt-handover", ["--host", Sshd.Root, "watch", "--json"]) { RedirectStandardOutput = true })!;
        try
        {
            await Says(watch, "\"queue_state\":\"paused\"");
            await Shell.Run("pkill", "-f", "systemd-stdio-bridg[e]$");
            await client.ResumeQueueAsync(CancellationToken.None);
            await Says(watch, "\"queue_state\":\"running\"");
        }
        finally
        {
            watch.Kill();
            await watch.WaitForExitAsync();
        }
    }

    private static async Task Says(Process watch, string words)
    {
        using var limit = new CancellationTokenSource(Eventually.Limit);
        string? line = "";
        while (line is not null && !line.Contains(words, StringComparison.Ordinal))
            line = await watch.StandardOutput.ReadLineAsync(limit.Token);
        Assert.NotNull(line);
    }

    /// <summary>Whether the bus knows how to start the service, as on a host that has it or has it not.</summary>
    private static async Task Activation(bool known)
    {
        foreach (string root in new[] { "/usr/share", "/usr/local/share" })
        {
            string file = $"{root}/dbus-1/system-services/org.virthandover.Handover1.service";
            if (File.Exists(known ? file + ".away" : file))
                File.Move(known ? file + ".away" : file, known ? file : file + ".away");
        }

        await Shell.Run("busctl", "call", "org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus", "ReloadConfig");
    }

    private static async Task Fails(string where, string sentence)
    {
        ShellResult result = await Shell.TryRun("virt-handover", "--host", where, "list");
        Assert.Equal(5, result.ExitCode);
        Assert.Contains(sentence, result.Error, StringComparison.Ordinal);
        Assert.Contains(where, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("unixexec", result.Error, StringComparison.Ordinal);
        Assert.Equal("", result.Output);
    }

    private static async Task<ShellResult> Remote(int code, params string[] arguments)
    {
        ShellResult result = await Shell.TryRun("virt-handover", ["--host", Sshd.Root, .. arguments]);
        Assert.True(result.ExitCode == code, $"{string.Join(' ', arguments)}: {result}");
        return result;
    }
}
