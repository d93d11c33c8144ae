using VirtHandover.Bus.Client;
using VirtHandover.Tests.Integration.Host;
using VirtHandover.Tests.Integration.Libvirt;
using VirtHandover.Tests.Integration.Service;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>
/// A QEMU that has more to say than anybody can keep: it is believed a little of it, and the service, its database and the VM beside it are as ever.
/// </summary>
public sealed class EndlessFindingsTests(LabHost host) : IClassFixture<LabHost>, IAsyncLifetime
{
    public async Task InitializeAsync()
    {
        await TheService.Reset("[Queue]\nStopAfterFailures=0\n");
        await host.Reset();
    }

    public Task DisposeAsync() => TheService.Reset();

    [Theory(Timeout = 300000)]
    [InlineData(330_000)]
    [InlineData(20_000)]
    public async Task Reasons_without_end_are_a_finding_or_a_hundred(int count)
    {
        SmallGuest honest = await SmallGuest.Start("honest", "--ram", "shared", "--no-disk");
        string reasons = string.Join(',', Enumerable.Range(100_000, count).Select(number => $"\"{number} {new string('x', 40)}\""));
        await LyingGuest.Answering("liar", "query-migrate", $$"""{"blocked-reasons": [{{reasons}}]}""", "--ram", "shared");
        await TheService.Until("it is shown", honest.Name, domain => domain.State == "current");
        string? service = await TheService.Pid();
        await LabHost.Dnf("upgrade", "qemu-kvm");

        DomainView liar = await TheService.Until("it is refused", "liar", domain => domain.State == "blocked");
        Assert.InRange(liar.Findings.Count, 1, 100);
        Assert.InRange(liar.Findings.Sum(finding => finding.Sentence.Length), 1, 32 * 1024);
        await TheService.Until("it is pending", honest.Name, domain => domain.State == "pending");
        await LyingGuest.HandOver("run", honest.Name);
        Assert.Equal(host.NewVersion, await Virsh.RunningVersion(honest.Name));

        // Still the same process on the bus; and what it has written it can read again.
        Assert.Equal(service, await TheService.Pid());
        Assert.InRange(new FileInfo(TheService.State + "/queue/virt-handover.db").Length, 1, 4 << 20);
        await TheService.Stop();
        Assert.Equal("blocked", TheService.Find(await TheService.View(), "liar")!.State);
    }

    [Fact(Timeout = 300000)]
    public async Task Events_without_end_do_not_keep_libvirt_away()
    {
        SmallGuest honest = await SmallGuest.Start("honest", "--ram", "shared", "--no-disk");
        await LyingGuest.SendingEvents("liar", "--ram", "shared");
        await LabHost.Dnf("upgrade", "qemu-kvm");
        foreach (string name in (string[])["liar", honest.Name])
            await TheService.Until("it is pending", name, domain => domain.State == "pending");
        await LyingGuest.HandOver("approve", "liar", honest.Name);
        DomainView end = await TheService.Until("it has ended", "liar", domain => domain.State is "done" or "failed");
        Assert.True(end.State == "done" || end.LastSentence.Contains("liar", StringComparison.Ordinal), end.LastSentence);
        DomainView done = await TheService.Until("it has ended", honest.Name, domain => domain.State is "done" or "failed");
        Assert.True(done.State == "done", done.LastSentence);
        Assert.Equal("running", await Virsh.State(honest.Name));
    }
}
