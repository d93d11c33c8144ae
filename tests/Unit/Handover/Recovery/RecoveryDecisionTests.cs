using System.Text.Json.Nodes;
using CsCheck;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Handover.Recovery;

/// <summary>One test a row of the table in docs/handover.md, and what must hold for every row.</summary>
public class RecoveryDecisionTests
{
    private static readonly DateTimeOffset At = DateTimeOffset.UnixEpoch;
    private static readonly ProcessIdentity Process = new(1, 1);
    private static readonly ObservedWorld AllAlive = new(SameBoot: true, SourceAlive: true, TargetAlive: true);

    private static HandoverTrace Begun => new(
        new JournalEntry.Opened(new HandoverRequest(1, Guid.Empty, false, TimeSpan.Zero), "a", "b", Process, "/m", "/s") { At = At },
        null, null, null, null, null, false, false, null);

    private static HandoverTrace Prepared => Begun with { Target = new JournalEntry.TargetStarted(Process, "/t", RamMethod.Shared) { At = At } };

    private static HandoverTrace Copying => Begun with { Target = new JournalEntry.TargetStarted(Process, "/t", RamMethod.Copy) { At = At } };

    private static HandoverTrace Quiesced => Prepared with { Quiescing = new JournalEntry.Quiescing(new DaemonRecipe([], "/d", ["d"], [])) { At = At } };

    private static HandoverTrace Pausing => Quiesced with { Pausing = new JournalEntry.Pausing(true, [], []) { At = At } };

    private static HandoverTrace Committed => Pausing with
    {
        Committed = new JournalEntry.Committed(Plan) { At = At },
    };

    private static AdoptionPlan Plan => new()
    {
        Continue = true,
        Ptys = new Dictionary<string, string> { ["/dev/pts/1"] = "/dev/pts/2" },
        VncAddresses = new JsonArray(new JsonObject { ["type"] = "inet", ["port"] = "5900" }),
        LogicalArguments = ["q", "-S"],
        Settings = new MigrationValues(new Dictionary<string, bool> { ["events"] = true }, 1, 2),
        DiscardObjects = ["ram"],
        Replays = [new Replay("The VNC password", "set_password", new JsonObject { ["password"] = "x" })],
        Threads = [new PlacedThread("vCPU 0", new Cgroups([new CgroupPlace("/sys/fs/cgroup", true, "/machine/a")]), new ThreadAffinity(new byte[] { 3, 0, 0, 0, 0, 0, 0, 0 }))],
        Devices = ["net0"],
        Groups = new Cgroups([]),
        PidFile = "/p",
    };

    private static HandoverTrace Ended => Committed with
    {
        Report = new HandoverReport { Id = 1, Domain = Guid.Empty, Name = "a", Outcome = HandoverOutcome.Done, Sentence = "Done.", StartedAt = At },
    };

    public static TheoryData<string, string> Rows => new()
    {
        { "ended", nameof(RecoveryAction.Nothing) },
        { "reboot", nameof(RecoveryAction.ReportReboot) },
        { "committed", nameof(RecoveryAction.GoForward) },
        { "committed, target dead", nameof(RecoveryAction.ReportLoss) },
        { "committed, source dead", nameof(RecoveryAction.GoForward) },
        { "pausing, source dead", nameof(RecoveryAction.ReportLoss) },
        { "begun", nameof(RecoveryAction.DropTarget) },
        { "prepared", nameof(RecoveryAction.DropTarget) },
        { "copying", nameof(RecoveryAction.ResumeSource) },
        { "quiesced", nameof(RecoveryAction.ResumeSource) },
        { "pausing", nameof(RecoveryAction.ResumeSource) },
        { "pausing, target dead", nameof(RecoveryAction.ResumeSource) },
    };

    [Theory]
    [MemberData(nameof(Rows))]
    public void Each_row_has_its_action(string row, string action)
    {
        var (trace, world) = row switch
        {
            "ended" => (Ended, AllAlive with { SameBoot = false }),
            "reboot" => (Pausing, AllAlive with { SameBoot = false }),
            "committed" => (Committed, AllAlive),
            "committed, target dead" => (Committed, AllAlive with { TargetAlive = false }),
            "committed, source dead" => (Committed, AllAlive with { SourceAlive = false }),
            "pausing, source dead" => (Pausing, AllAlive with { SourceAlive = false }),
            "begun" => (Begun, AllAlive with { TargetAlive = false }),
            "prepared" => (Prepared, AllAlive),
            "copying" => (Copying, AllAlive),
            "quiesced" => (Quiesced, AllAlive),
            "pausing" => (Pausing, AllAlive),
            _ => (Pausing, AllAlive with { TargetAlive = false }),
        };
        Assert.Equal(action, RecoveryDecision.Decide(trace, world).ToString());
    }

    [Fact]
    public void A_revoked_commit_is_none()
    {
        JournalEntry[] entries = [Begun.Opened, Prepared.Target!, Quiesced.Quiescing!, Pausing.Pausing!, Committed.Committed!];
        Assert.NotNull(HandoverTrace.Of(entries)!.Committed);
        JournalEntry[] revoked = [.. entries, new JournalEntry.Revoked { At = At }];
        Assert.Equal(RecoveryAction.ResumeSource, RecoveryDecision.Decide(HandoverTrace.Of(revoked)!, AllAlive with { TargetAlive = false }));
        Assert.Equal(RecoveryAction.GoForward, RecoveryDecision.Decide(HandoverTrace.Of([.. revoked, Committed.Committed!])!, AllAlive));
    }

    [Fact]
    public void A_plan_survives_the_journal_whole()
    {
        using var directory = new TemporaryDirectory();
        using (HandoverJournal journal = HandoverJournal.TryOpen(directory.Path, 1)!)
            journal.Write(Committed.Committed!);
        var read = (JournalEntry.Committed)HandoverJournal.Read(HandoverJournal.FileName(directory.Path, 1)).Single();
        AdoptionPlan plan = read.Adoption;
        Assert.Equal(Plan.Threads[0].Cpus.Mask.ToArray(), plan.Threads[0].Cpus.Mask.ToArray());
        Assert.Equal(Plan.Threads[0].Groups.Places, plan.Threads[0].Groups.Places);
        Assert.Equal(Plan.Settings.Capabilities, plan.Settings.Capabilities);
        Assert.Equal(Plan.Replays[0].Arguments.ToJsonString(), plan.Replays[0].Arguments.ToJsonString());
        Assert.Equal(Plan.VncAddresses.ToJsonString(), plan.VncAddresses.ToJsonString());
    }

    [Fact]
    public void The_source_is_never_resumed_after_a_commit_and_never_abandoned_before_one()
    {
        HandoverTrace[] all = [Begun, Prepared, Copying, Quiesced, Pausing, Committed];
        var traces = Gen.Int[0, all.Length - 1].Select(i => all[i]);
        var worlds = Gen.Select(Gen.Bool, Gen.Bool, Gen.Bool, (boot, source, target) => new ObservedWorld(boot, source, target));
        Gen.Select(traces, worlds).Sample((trace, world) =>
        {
            var action = RecoveryDecision.Decide(trace, world);
            if (trace.Committed is not null)
                Assert.NotEqual(RecoveryAction.ResumeSource, action);
            else
                Assert.NotEqual(RecoveryAction.GoForward, action);
        });
    }
}
