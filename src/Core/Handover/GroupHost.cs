using Serilog;
using VirtHandover.Contract;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover;

/// <summary>This host, with its libvirt.</summary>
/// <param name="log">The log.</param>
internal sealed class GroupHost(ILogger log) : IGroupHost<Prepared>
{
    /// <inheritdoc/>
    public bool HasRoomFor(Prepared twin, int many)
    {
        try
        {
            return HostMemory.AvailableBytes >= many * ProcessStatus.Read(ProcRoot.Host, twin.Target.Process.Id).AnonymousBytes;
        }
        catch (ProcException)
        {
            return true; // it has died, and whoever wants to move its guest will say so
        }
    }

    /// <inheritdoc/>
    public async Task<IOutage> StopLibvirtAsync(IReadOnlyList<(Prepared Twin, HandoverJournal Journal)> group)
    {
        var hold = await QuiescePhase.StopLibvirtAsync(group, log).ConfigureAwait(false);
        return new Outage(hold, OutageLimit.Of(hold.Since, OutageLimit.For(group.Select(one => one.Twin))), log);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm) =>
        InsistAsync(broken, null, alarm, log);

    private static Task<IReadOnlyList<HandoverReport>> InsistAsync(
        IReadOnlyList<BrokenHandover> broken, DaemonHold? hold, IProgress<string> alarm, ILogger log) =>
        HandoverRecovery.InsistAsync(broken, new LibvirtAway(hold, DaemonReturn.Started, log), alarm, CancellationToken.None);

    private sealed class Outage(DaemonHold hold, OutageLimit limit, ILogger log) : IOutage
    {
        public long Since => hold.Since;

        public OutageLimit Limit => limit;

        public Task ReleaseAsync() => hold.ReleaseAsync(CancellationToken.None);

        public Task<IReadOnlyList<HandoverReport>> InsistAsync(IReadOnlyList<BrokenHandover> broken, IProgress<string> alarm) =>
            GroupHost.InsistAsync(broken, hold, alarm, log);
    }
}
