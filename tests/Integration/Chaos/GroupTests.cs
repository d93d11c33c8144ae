using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Chaos;

/// <summary>
/// Several VMs in one outage of libvirt, and harm in the middle of it, where each of them is at another place: one on its new QEMU
/// already, one between the two, one not yet begun.
/// </summary>
public sealed class GroupTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    private const string Journals = TheService.State + "/journal";
    private static readonly string[] s_names = ["one", "two", "three"];
    private readonly List<(Guest Guest, Guid Domain, GuestStatus Before)> _guests = [];

    public async Task InitializeAsync()
    {
        await TheService.Reset("[Handover]\nMaxPause=6s\n[Queue]\nTogether=3\n");
        await host.Reset();
        foreach (Guest guest in await Task.WhenAll(s_names.Select(name => Guest.Start(name, "--ram", "shared", "--mem", "16", "--memory", "128"))))
            _guests.Add((guest, await Virsh.Uuid(guest.Name), await guest.Status()));
        await TheService.View();
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in s_names)
            await TheService.Until("it is pending", name, domain => domain is { State: "pending", Method: "shared" });
    }

    public Task DisposeAsync() => TheService.Reset();

    [Fact(Timeout = 300000)]
    public async Task Those_that_are_approved_at_once_are_moved_in_one_outage()
    {
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await AllAre("done");
        await AssertWhole(_guests.Select(_ => host.NewVersion));
        var opened = Directory.EnumerateFiles(Journals).SelectMany(HandoverJournal.Read).OfType<JournalEntry.Opened>().ToList();
        Assert.Equal(3, opened.Count);
        Assert.All(opened, entry => Assert.Equal([1, 2, 3], entry.Together));
    }

    [Theory(Timeout = 300000)]
    [Variant("confirm.remembered", 1, Fault.KillBoth)]
    [InlineData("perform.stopped", 2, Fault.KillKeeper)]
    [InlineData("finish.committed", 2, Fault.KillBothStartDaemon)]
    [Variant("confirm.source-ended", 2, Fault.KillBoth)]
    [Variant("confirm.adopting", 3, Fault.DaemonStartFails)]
    [Variant("finish.continued", 3, Fault.KillService)]
    public async Task Each_runs_once_whatever_happens(string point, int arrival, Fault fault)
    {
        await using HeldPoint held = await HeldPoint.Set(point);
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await held.Reached(arrival);
        using (var mend = new Mend())
        {
            await ChaosDeeds.Do(fault, _guests[0].Domain, 0, mend, s_names[0]);
            held.LetGo();
            if (fault == Fault.DaemonStartFails)
            {
                await Eventually.Until("the alarm", async () =>
                    (await TheService.View()).Alarm.Contains("could not be brought to an end yet", StringComparison.Ordinal));
            }
        }

        await Settled();
        HostView view = await TheService.View();
        var states = s_names.Select(name => TheService.Find(view, name)!).ToList();
        // What the service says of each is what runs.
        await AssertWhole(states.Select(domain => domain.State == "done" ? host.NewVersion : host.OldVersion));
        // Whoever was past the commit is on the new one, with or without its keeper.
        Assert.Equal(arrival - 1, states.Take(arrival - 1).Count(domain => domain.State == "done"));

        if (view.QueueState == "paused")
            await Shell.Run("virt-handover", "queue", "resume");
        foreach (DomainView failed in states.Where(domain => domain.State == "failed"))
            await Shell.Run("virt-handover", "retry", failed.Name);
        await Shell.TryRun("virt-handover", "approve", "--all", "--yes");
        await AllAre("done");
        await AssertWhole(_guests.Select(_ => host.NewVersion));
    }

    [Fact(Timeout = 300000)]
    public async Task One_that_fails_is_undone_alone_and_those_behind_it_are_put_off()
    {
        await using HeldPoint held = await HeldPoint.Set("perform.cards-added");
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await held.Reached(2);
        // Which of them comes second is the queue's to say.
        string[] Phases(HostView seen) => [.. _guests.Select(one => TheService.Find(seen, one.Guest.Name)!.Phase)];
        HostView view = await Eventually.Get(
            "the service has heard how far the keeper is", TheService.View, seen => Phases(seen).Count(phase => phase == "perform") == 1 && Phases(seen).Contains("confirm"));
        var (guest, domain, _) = _guests.Single(one => TheService.Find(view, one.Guest.Name)!.Phase == "perform");
        int source = await guest.Pid();
        Processes.Kill(Processes.Qemus(domain).Single(id => id != source));
        held.LetGo();
        await Settled();

        view = await TheService.View();
        var states = _guests.Select(one => TheService.Find(view, one.Guest.Name)!).ToList();
        Assert.Equal(["approved", "done", "failed"], states.Select(one => one.State).Order());
        Assert.Equal("paused", view.QueueState);
        await AssertWhole(states.Select(one => one.State == "done" ? host.NewVersion : host.OldVersion));
        await using var client = new HandoverServiceClient();
        DomainView approved = states.Single(one => one.State == "approved");
        HandoverReport postponed = (await client.HistoryAsync(new HistoryQuery(approved.Uuid, 1), CancellationToken.None))[0];
        Assert.Equal(HandoverOutcome.Postponed, postponed.Outcome);
        Assert.Contains("which was to share its outage of libvirt, failed before it", postponed.Sentence, StringComparison.Ordinal);

        await Shell.Run("virt-handover", "retry", states.Single(one => one.State == "failed").Name);
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await Shell.Run("virt-handover", "queue", "resume");
        await AllAre("done");
        await AssertWhole(_guests.Select(_ => host.NewVersion));
    }

    [Fact(Timeout = 300000)]
    public async Task One_that_is_cancelled_takes_none_with_it()
    {
        await using HeldPoint held = await HeldPoint.Set("quiesce.jobs-checked");
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await held.Reached();
        await Shell.Run("virt-handover", "cancel", s_names[1]);
        held.LetGo();
        await Settled();
        HostView view = await TheService.View();
        Assert.Equal(["done", "pending", "done"], s_names.Select(name => TheService.Find(view, name)!.State));
        await AssertWhole([host.NewVersion, host.OldVersion, host.NewVersion]);
    }

    [Theory(Timeout = 300000)]
    [InlineData("begin.read")]
    [Variant("quiesce.jobs-checked")]
    public async Task One_that_is_shut_down_meanwhile_leaves_the_queue_and_stops_nobody(string point)
    {
        await using HeldPoint held = await HeldPoint.Set(point);
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await held.Reached();
        await Virsh.Run("destroy", s_names[1]);
        held.LetGo();
        await Eventually.Until("the others are done and this one is gone", async () =>
        {
            HostView seen = await TheService.View();
            Assert.NotEqual("paused", seen.QueueState);
            return TheService.Find(seen, s_names[1]) is null && seen.Domains.Count == 2 && seen.Domains.All(one => one.State == "done");
        });
        foreach (string name in (string[])[s_names[0], s_names[2]])
            Assert.Equal(host.NewVersion, await Virsh.RunningVersion(name));
        await using var client = new HandoverServiceClient();
        var reports = await client.HistoryAsync(new HistoryQuery(_guests[1].Domain, 5), CancellationToken.None);
        Assert.Equal(HandoverOutcome.Gone, Assert.Single(reports).Outcome);
    }

    [Fact(Timeout = 300000)]
    public async Task A_libvirt_that_goes_away_before_it_is_stopped_puts_them_off_and_stops_no_queue()
    {
        await using HeldPoint held = await HeldPoint.Set("prepare.journaled");
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await held.Reached();
        int daemon = int.Parse(await File.ReadAllTextAsync("/run/libvirtd.pid"), System.Globalization.CultureInfo.InvariantCulture);
        Processes.Kill(daemon);
        held.LetGo();
        await Eventually.Until("all wait for their turn again", async () =>
            (await TheService.View()).Domains is { Count: 3 } seen && seen.All(one => one.State == "approved"));
        Assert.NotEqual("paused", (await TheService.View()).QueueState);
        Assert.Equal(0, (await ChaosDeeds.StartDaemonByHand()).ExitCode);
        await AllAre("done");
        await AssertWhole(_guests.Select(_ => host.NewVersion));
        await using var client = new HandoverServiceClient();
        var reports = await client.HistoryAsync(new HistoryQuery(null, 50), CancellationToken.None);
        Assert.All(reports, report => Assert.True(report.Outcome is HandoverOutcome.Postponed or HandoverOutcome.Done, report.Sentence));
    }

    [Fact(Timeout = 300000)]
    public async Task Those_for_whose_twin_the_host_has_no_room_go_in_an_outage_of_their_own()
    {
        await using HeldPoint first = await HeldPoint.Set("prepare.journaled");
        await Shell.Run("virt-handover", "approve", "--all", "--yes");
        await first.Reached();
        // Memory runs out when the first has its twin, and is there again before the others have their turn.
        await File.WriteAllTextAsync("/run/meminfo", "MemTotal: 4194304 kB\nMemFree: 0 kB\nMemAvailable: 1024 kB\n");
        await Shell.Run("mount", "--bind", "/run/meminfo", "/proc/meminfo");
        try
        {
            await using HeldPoint alone = await HeldPoint.Set("quiesce.jobs-checked");
            first.LetGo();
            await alone.Reached();
            await Shell.Run("umount", "/proc/meminfo");
            alone.LetGo();
        }
        finally
        {
            await Shell.TryRun("umount", "/proc/meminfo");
        }

        await AllAre("done");
        await AssertWhole(_guests.Select(_ => host.NewVersion));
        await using var client = new HandoverServiceClient();
        var reports = await client.HistoryAsync(new HistoryQuery(null, 20), CancellationToken.None);
        var postponed = reports.Where(report => report.Outcome == HandoverOutcome.Postponed).ToList();
        Assert.Equal(2, postponed.Count);
        Assert.All(postponed, report => Assert.Contains("the host has too little memory left for one more QEMU", report.Sentence, StringComparison.Ordinal));
        Assert.Equal(3, reports.Count(report => report.Outcome == HandoverOutcome.Done));
    }

    private static async Task AllAre(string state)
    {
        HostView? view = null;
        try
        {
            await Eventually.Until($"all are {state}", async () =>
            {
                view = await TheService.View();
                Assert.DoesNotContain(view.Domains, domain => domain.State == "failed");
                return s_names.All(name => TheService.Find(view, name)?.State == state);
            });
        }
        catch (Exception e) when (e is not ServiceException)
        {
            throw new InvalidOperationException($"{e.Message} The last that was seen: {view} {string.Join('\n', view?.Domains ?? [])}", e);
        }
    }

    private async Task Settled() => await Eventually.Until("no keeper is left, each VM has one QEMU, the service says how all ended", async () =>
        (await TheService.View()).Domains.All(domain => domain.State != "running") &&
        Processes.Keepers().Count == 0 && HandoverJournal.Unfinished(Journals).Count == 0 &&
        _guests.All(one => Processes.Qemus(one.Domain).Count == 1));

    private async Task AssertWhole(IEnumerable<string> versions)
    {
        await Task.WhenAll(_guests.Zip(versions).Select(async one =>
        {
            var ((guest, domain, before), version) = one;
            GuestStatus now = await guest.AssertLives(before);
            Assert.Single(Processes.Qemus(domain));
            Assert.Equal(version, await guest.RunningVersion());
            await guest.AssertDiskSound();
            await guest.AssertLives(now);
        }));
        Assert.Equal(3, Directory.EnumerateFiles("/var/lib/libvirt/qemu", "monitor.sock*", SearchOption.AllDirectories).Count());
    }
}
