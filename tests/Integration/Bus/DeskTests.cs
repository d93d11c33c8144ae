using System.Diagnostics;
using VirtHandover.Bus.Client;
using VirtHandover.Policy;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Packaging;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Bus;

/// <summary>What an operator does besides approving, on a real host.</summary>
public sealed class DeskTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private static readonly string s_examples = Path.Combine(ProductRpms.Root, "examples");

    public async Task InitializeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    public async Task DisposeAsync()
    {
        await TheService.Reset();
        await host.Reset();
    }

    [Fact(Timeout = 180000)]
    public async Task The_screen_starts_no_other_program()
    {
        await SmallGuest.Start("desk-screen", "--ram", "shared");
        await TheService.Until("it is shown", "desk-screen", domain => domain.State == "current");
        // Terminal.Gui asks bash for xclip, and .NET looks for bash beside the program first.
        DirectoryInfo folder = Directory.CreateTempSubdirectory("desk-screen-");
        string program = Path.Combine(folder.FullName, "virt-handover"), marker = Path.Combine(folder.FullName, "started");
        File.Copy("/usr/bin/virt-handover", program);
        await File.WriteAllTextAsync(Path.Combine(folder.FullName, "bash"), $"#!/bin/sh\ntouch {marker}\n");
        await Shell.Run("chmod", "755", program, Path.Combine(folder.FullName, "bash"));
        await Tmux("-f", "/dev/null", "new-session", "-d", "-x", "120", "-y", "36", "env", "TERM=screen-256color", "LANG=C.UTF-8", program);
        await Eventually.Until("the screen shows it", async () => (await Tmux("capture-pane", "-p")).Contains("desk-screen", StringComparison.Ordinal));
        await Tmux("send-keys", "q");
        await Eventually.Until("the screen has ended", async () => (await Shell.TryRun("tmux", "-L", "desk", "has-session")).ExitCode != 0);
        Assert.False(File.Exists(marker));
        folder.Delete(recursive: true);

        static Task<string> Tmux(params string[] arguments) => Shell.Run("tmux", ["-L", "desk", .. arguments]);
    }

    [Fact(Timeout = 180000)]
    public async Task A_policy_lives_in_the_domains_metadata_and_a_prepared_domain_has_shared_memory()
    {
        Guest guest = await Guest.Start("desk-policy", "--ram", "private", "--mem", "16", "--memory", "128");
        await using var client = new HandoverServiceClient();
        DomainView view = await TheService.Until("it is shown", guest.Name, domain => domain is { State: "current", PolicyMode: "ask" });
        var change = new PolicyChange { Mode = "never", Window = "Sun 02:00-04:00", MaxPauseMicroseconds = 30_000, Priority = 5 };
        await client.SetPolicyAsync(view.Uuid, change, CancellationToken.None);

        string stored = """<policy mode="never" window="Sun 02:00-04:00" max-pause-us="30000" priority="5"/>""";
        Assert.Equal(stored, await Metadata(guest.Name));
        Assert.Equal(stored, await Metadata(guest.Name, "--config"));

        // What libvirt has counts, not what the service remembers.
        await TheService.Stop();
        await Virsh.Run("metadata", guest.Name, PolicyXml.Namespace, "--key", "virt-handover", "--set", "<policy mode='auto' priority='7'/>");
        DomainView refused = await TheService.Until("virsh's policy", guest.Name, domain => domain is { PolicyMode: "ask", PolicyPriority: 0, PolicySource: "domain", PolicyWindow: "", PolicyOwn: [] });
        Assert.StartsWith("Its metadata asks for auto, priority 7, and gets no more", refused.PolicyRefusal, StringComparison.Ordinal);
        await client.SetPolicyAsync(view.Uuid, new PolicyChange { Mode = "auto" }, CancellationToken.None);
        await TheService.Until("the administrator's word", guest.Name, domain => domain is { PolicyMode: "auto", PolicyPriority: 0, PolicyOwn: ["mode"] });
        await Virsh.Run("metadata", guest.Name, PolicyXml.Namespace, "--key", "virt-handover", "--set", "<policy mode='sometimes'/>");
        await client.RescanAsync(CancellationToken.None);
        await TheService.Until("a damaged policy", guest.Name, domain => domain is { PolicyMode: "never", PolicySource: "domain" });
        await client.SetPolicyAsync(view.Uuid, new PolicyChange { Mode = "", Window = "", MaxPauseMicroseconds = 0, Priority = 0 }, CancellationToken.None);
        await TheService.Until("no policy", guest.Name, domain => domain is { PolicyMode: "ask", PolicySource: "configuration" });
        Assert.NotEqual(0, (await Shell.TryRun("virsh", "metadata", guest.Name, PolicyXml.Namespace)).ExitCode);

        Assert.StartsWith("desk-policy has shared memory in its definition now", await client.PrepareAsync(view.Uuid, CancellationToken.None), StringComparison.Ordinal);
        Assert.Contains("definition already", await client.PrepareAsync(view.Uuid, CancellationToken.None), StringComparison.Ordinal);
        Assert.Contains("<access mode='shared'/>", await Virsh.Run("dumpxml", "--inactive", guest.Name), StringComparison.Ordinal);
        await Virsh.Run("destroy", guest.Name);
        await Virsh.Run("start", guest.Name);
        await client.AssessAllAsync(CancellationToken.None);
        await TheService.Until("shared memory", guest.Name, domain => domain is { State: "current", Method: "shared", AssessedAt: not null });
    }

    [Fact(Timeout = 240000)]
    public async Task A_handover_that_fails_pauses_the_queue_and_the_other_VM_is_left_alone()
    {
        Guest[] guests = [.. await Task.WhenAll(new[] { "desk-a", "desk-b" }.Select(name => Guest.Start(name, "--ram", "shared", "--mem", "16", "--memory", "128")))];
        GuestStatus[] before = await Task.WhenAll(guests.Select(guest => guest.Status()));
        await TheService.View();
        await LabHost.Dnf("upgrade", "--enablerepo=lab-broken-exit", "qemu-kvm");
        await using var client = new HandoverServiceClient();
        foreach (Guest guest in guests)
            await client.ApproveAsync((await TheService.Until("it is pending", guest.Name, domain => domain.State == "pending")).Uuid, maxPause: null, CancellationToken.None);

        DomainView failed = await TheService.Until("the first has failed", "desk-a", domain => domain.State == "failed");
        HostView paused = await TheService.View();
        Assert.Equal("paused", paused.QueueState);
        Assert.StartsWith($"The queue was paused because the handover of desk-a failed: {failed.LastSentence}", paused.QueueReason, StringComparison.Ordinal);
        DomainView waiting = TheService.Find(paused, "desk-b")!;
        Assert.Equal(("approved", paused.QueueReason), (waiting.State, waiting.WaitReason));

        await TheService.Stop();
        Assert.Equal(paused.QueueReason, (await TheService.View()).QueueReason);
        await client.ResumeQueueAsync(CancellationToken.None);
        await TheService.Until("the second fails as well", "desk-b", domain => domain.State == "failed");
        Assert.Contains("handover of desk-b failed", (await TheService.View()).QueueReason, StringComparison.Ordinal);
        foreach (var (guest, status) in guests.Zip(before))
        {
            Assert.Equal(host.OldVersion, await guest.RunningVersion());
            await guest.AssertLives(status);
        }
    }

    [Fact(Timeout = 180000)]
    public async Task The_examples_watch_and_approve()
    {
        const string Name = "desk ü ex";
        await SmallGuest.Start("desk-ex", "--define-only", "--ram", "shared");
        await Virsh.Run("domrename", "desk-ex", Name);
        await Virsh.Run("start", Name);
        var guest = new SmallGuest(Name, await Virsh.Uuid(Name));
        await TheService.Until("it is shown", guest.Name, domain => domain.State == "current");
        await using var client = new HandoverServiceClient();
        await client.PauseQueueAsync("the examples are tried", CancellationToken.None);
        using var watch = Process.Start(new ProcessStartInfo(Path.Combine(s_examples, "watch.py")) { RedirectStandardOutput = true })!;
        try
        {
            Assert.Equal("'desk ü ex': - -> current", await watch.StandardOutput.ReadLineAsync());
            await LabHost.Dnf("upgrade", "qemu-kvm");
            DomainView domain = await TheService.Until("it is outdated", guest.Name, domain => domain.State is "pending" or "blocked");
            Assert.True(domain.State == "pending", string.Join('\n', domain.Findings));
            Assert.Equal("'desk ü ex': current -> pending", await watch.StandardOutput.ReadLineAsync());

            Assert.Equal("approved \"desk ü ex\"", await Shell.Run(Path.Combine(s_examples, "approve-all.sh")));
            Assert.StartsWith(
                "'desk ü ex': pending -> approved The queue was paused by root (uid 0): the examples are tried.",
                await watch.StandardOutput.ReadLineAsync(),
                StringComparison.Ordinal);
            Assert.Equal("", await Shell.Run(Path.Combine(s_examples, "approve-all.sh")));
        }
        finally
        {
            watch.Kill();
            await watch.WaitForExitAsync();
        }
    }

    private static async Task<string> Metadata(string domain, params string[] options) =>
        (await Virsh.Run(["metadata", domain, PolicyXml.Namespace, .. options])).Trim();
}
