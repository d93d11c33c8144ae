using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Tests.Integration.Chaos;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// Passwords of a VM are in libvirt, in its QEMU, and in the record by which it is started again, which lies in memory and is root's alone; and nowhere else: not
/// after a preflight, a rehearsal, a handover, one that was undone, not while one lies half done, and not in what an older release left.
/// </summary>
public sealed class SecretsTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Vnc = "s3cretPW", Disk = "disk-letmein-4711", Typed = "typed-letmein-4712", Remote = "remote-letmein-4713";
    private const string Records = "/run/virt-handover/records";
    private static readonly string[] Places = [TheService.State, "/run/virt-handover", "/var/cache/virt-handover", "/var/log/lab"];

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task No_password_is_kept_whatever_becomes_of_a_handover()
    {
        Guid guest = await Start("keyed");
        int old = await Virsh.Pid("keyed");
        await TheService.Until("it is shown", "keyed", domain => domain.State == "current");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        await TheService.Until("it is pending", "keyed", domain => domain.State == "pending");
        await AssertNoneKept();
        await Shell.Run("virt-handover", "rehearse", "keyed");
        await AssertNoneKept();

        // Undone: the new QEMU dies in the pause.
        await using (HeldPoint held = await HeldPoint.Set("perform.moved"))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", "keyed");
            await held.Reached();
            await AssertNoneKept();
            Processes.Kill(Assert.Single(Processes.Qemus(guest), id => id != old && !Processes.IsOldTwin(id)));
            held.LetGo();
            Assert.NotEqual(0, (await run).ExitCode);
        }

        await TheService.Until("it has failed", "keyed", domain => domain.State == "failed");
        await AssertNoneKept();

        // Left half done: its keeper dies when all that is needed to go on is in the journal.
        await Shell.Run("virt-handover", "retry", "keyed");
        await TheService.Until("it is pending", "keyed", domain => domain.State == "pending");
        await using (HeldPoint held = await HeldPoint.Set("finish.committed"))
        {
            Task<ShellResult> run = Shell.TryRun("virt-handover", "run", "keyed");
            await held.Reached();
            await AssertNoneKept();
            Processes.Kill(Assert.Single(Processes.Keepers()));
            held.LetGo();
            await run;
        }

        DomainView done = await TheService.Until("it is done", "keyed", domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        await AssertNoneKept();

        // Yet the new QEMU has them: the VNC server asks for its password again, and what was on the command line is there.
        await using var client = new HandoverServiceClient();
        HandoverReport report = (await client.HistoryAsync(new HistoryQuery(done.Uuid, 1), CancellationToken.None))[0];
        Assert.DoesNotContain(report.Findings, finding => finding.Code == "NOT_RESTORED");
        string vnc = await Virsh.Monitor("keyed", """{"execute":"query-vnc"}""");
        Assert.Matches("\"auth\": *\"vnc", vnc);
        Assert.Contains(Disk, await File.ReadAllTextAsync($"/proc/{await Virsh.Pid("keyed")}/cmdline"), StringComparison.Ordinal);
        await AssertNoneKept();
        await LeaveOldJournal();
        await TheService.View();
        await Eventually.Until("the service has deleted the old journal", async () => (await Kept(Disk)).ExitCode == 1);
        await AssertNoneKept();
    }

    /// <summary>A journal of an ended handover as a release wrote it that kept passwords.</summary>
    private static async Task LeaveOldJournal()
    {
        await TheService.Stop();
        var entries = Directory.GetFiles(TheService.State + "/journal", "*.journal").Select(HandoverJournal.Read)
            .Last(all => all.Any(entry => entry is JournalEntry.Committed) && all.Any(entry => entry is JournalEntry.Closed));
        using (HandoverJournal old = HandoverJournal.TryOpen(TheService.State + "/journal", 90_000)!)
        {
            foreach (JournalEntry entry in entries)
            {
                old.Write(entry is not JournalEntry.Committed committed ? entry : committed with
                {
                    Adoption = committed.Adoption with
                    {
                        LogicalArguments = [.. committed.Adoption.LogicalArguments!.Select(word => word.Replace("<not-kept>", Disk, StringComparison.Ordinal))],
                    },
                });
            }
        }

        Assert.Equal(0, (await Kept(Disk)).ExitCode);
    }

    private static async Task<Guid> Start(string name)
    {
        string xml = (await Shell.Run(
            "vm", name, "--xml", "--ram", "shared", "--no-net", "--no-disk", "--no-vga", "--mem", "16", "--memory", "128",
            "--device", $"<graphics type='vnc' autoport='yes' passwd='{Vnc}'/>"))
            .Replace("<domain type='qemu'>", "<domain type='qemu' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>", StringComparison.Ordinal)
            .Replace(
                "</domain>",
                $$"""
                <qemu:commandline>
                  <qemu:arg value='-object'/><qemu:arg value='secret,id=s0,data={{Disk}}'/>
                  <qemu:arg value='-object'/><qemu:arg value='{"qom-type":"secret","id":"s1","data":"{{Typed}}"}'/>
                  <qemu:arg value='-object'/><qemu:arg value='secret,data={{Remote}},format=raw,id=s2'/>
                </qemu:commandline></domain>
                """,
                StringComparison.Ordinal);
        string file = $"/run/lab/{name}.xml";
        await File.WriteAllTextAsync(file, xml);
        await Virsh.Run("define", file);
        await Virsh.Run("start", name);
        return await Virsh.Uuid(name);
    }

    private static Task<ShellResult> Kept(string secret) => Shell.TryRun(
        "grep", ["-rlaF", "--devices=skip", $"--exclude-dir={Path.GetFileName(Records)}", "-e", secret, .. Places.Where(Directory.Exists)]);

    private static async Task AssertNoneKept()
    {
        foreach (string secret in (string[])[Vnc, Disk, Typed, Remote])
        {
            ShellResult found = await Kept(secret);
            Assert.True(found is { ExitCode: 1, Output: "" }, $"'{secret}' stands in {found.Output}{found.Error}");
        }

        // The tests' own checkpoints lie in /run/virt-handover.
        string readable = "";
        foreach (string place in (string[])[TheService.State, "/run/virt-handover/domains", Records])
        {
            if (Directory.Exists(place))
                readable += await TheService.OpenToOthers(place);
        }

        Assert.Equal("", readable);
        Assert.Equal("tmpfs", await Shell.Run("stat", "--file-system", "--format=%T", Records));
    }
}
