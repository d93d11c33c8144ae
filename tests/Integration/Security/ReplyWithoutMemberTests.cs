using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A reply that is none: whatever is missing in it or of another kind, that VM's handover fails or is refused, in words that name it, and the others go
/// on.
/// </summary>
public sealed class ReplyWithoutMemberTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await TheService.Reset("[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData("query-migrate-parameters", "{}")]
    [InlineData("query-migrate-parameters", """{"max-bandwidth": "much", "downtime-limit": -1}""")]
    [InlineData("query-block", "[null]")]
    [InlineData("query-migrate-capabilities", """[{"capability": "events", "state": true, "capability": "events"}]""")]
    public async Task One_lie_fails_one_VM(string command, string reply)
    {
        SmallGuest[] honest =
        [
            await SmallGuest.Start("honest-b", "--ram", "shared", "--no-disk"),
            await SmallGuest.Start("honest-c", "--ram", "shared", "--no-disk"),
        ];
        await LyingGuest.Answering("liar", command, reply, "--ram", "shared");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (SmallGuest one in honest)
            await TheService.Until("it is pending", one.Name, domain => domain.State == "pending");
        // The preflight may have seen the lie already; a handover that was asked for sees it for certain.
        DomainView liar = await TheService.Until("it is seen", "liar", domain => domain.State is "blocked" or "pending");
        await LyingGuest.HandOver(["approve", .. liar.State == "pending" ? (string[])["liar"] : [], .. honest.Select(one => one.Name)]);
        foreach (SmallGuest one in honest)
        {
            DomainView end = await TheService.Until("it has ended", one.Name, domain => domain.State is "done" or "failed" or "blocked");
            Assert.True(end.State == "done", end.LastSentence);
            Assert.Equal(host.NewVersion, await Virsh.RunningVersion(one.Name));
        }

        string said = await Eventually.Get("what came of the liar is told", () => ToldOf(liar), sentence => sentence.Length > 0);
        Assert.Contains("liar", said, StringComparison.Ordinal);
        Assert.DoesNotContain("KeyNotFound", said, StringComparison.Ordinal);
        // What libvirt makes of such an answer when it comes back is libvirt's: it asks the other commands itself.
        if (command == "query-migrate-parameters")
            Assert.Equal("running", await Virsh.State("liar"));
    }

    /// <summary>
    /// Why it was not handed over: by the history, as libvirt, which asks the same when it comes back, may have killed it by then; or why it was
    /// refused. Empty until one of them is known.
    /// </summary>
    private static async Task<string> ToldOf(DomainView liar)
    {
        await using var client = new HandoverServiceClient();
        if ((await client.HistoryAsync(new HistoryQuery(liar.Uuid, 1), CancellationToken.None)) is [HandoverReport report])
        {
            Assert.NotEqual(HandoverOutcome.Done, report.Outcome);
            return report.Sentence;
        }

        if (TheService.Find(await TheService.View(), liar.Name) is { State: "blocked" } now)
            liar = now;
        return liar.State == "blocked" ? string.Join(' ', liar.Findings.Select(finding => finding.Sentence)) : "";
    }
}
