using System.Threading.Channels;
using VirtHandover.Bus.Contract;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Bus.Client;

/// <summary>One handover, from the request to its report.</summary>
public sealed partial class HandoverServiceClient
{
    private static readonly SignalRule s_endOfHandovers =
        new(HandoverNames.BusName) { Path = HandoverNames.ManagerPath, Interface = HandoverNames.Manager, Member = "HandoverEnded" };

    /// <inheritdoc/>
    public Task<HandoverReport> RunAsync(Guid domain, bool rehearse, TimeSpan? maxPause, CancellationToken cancellationToken)
    {
        var purpose = rehearse ? $"rehearse the handover of {NameOf(domain)}" : $"hand {NameOf(domain)} over";
        return Guard(purpose, async () =>
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);

            // Before the call: a rehearsal that is refused ends at once.
            await using var watch = await ServiceWatch.StartAsync(connection, s_endOfHandovers).ConfigureAwait(false);
            var options = new Dictionary<string, BusValue> { ["rehearse"] = rehearse };
            PolicyOptions.Allow(options, maxPause);
            var request = ToManager("Run", new BusValue.ObjectPath(HandoverNames.PathOf(domain)), BusValue.Options(options));
            var reply = await AuthorizedAsync(connection, request, cancellationToken).ConfigureAwait(false);
            var id = reply[0].AsUInt64();
            await watch.BindAsync(cancellationToken).ConfigureAwait(false);
            if (!await EndedAsync(watch.Signals, id, cancellationToken).ConfigureAwait(false))
                throw LostSight(id);
            return await ReportAsync(connection, domain, id, cancellationToken).ConfigureAwait(false);
        });
    }

    private static async Task<bool> EndedAsync(ChannelReader<BusMessage> signals, ulong id, CancellationToken cancellationToken)
    {
        await foreach (var signal in signals.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (signal.Body is [BusValue.UInt64 { Value: var ended }, ..] && ended == id)
                return true;
        }

        return false;
    }

    private async Task<HandoverReport> ReportAsync(
        BusConnection connection, Guid domain, ulong id, CancellationToken cancellationToken)
    {
        // A few more than one: another handover of this domain may have ended since.
        var request = ToManager("History", domain.ToString("D"), 10u, BusValue.NoOptions());
        var reply = await connection.CallAsync(request, cancellationToken).ConfigureAwait(false);
        return reply[0].AsItems().Select(ReportCodec.FromBus).FirstOrDefault(report => report.Id == (long)id)
            ?? throw new ServiceException(
                ServiceFault.Failed, $"Handover {id} of {NameOf(domain)} has ended, but the history does not have it. See: {Said.Log}");
    }

    private static ServiceException LostSight(ulong id) => new(
        ServiceFault.Unreachable,
        $"virt-handoverd left the bus while handover {id} ran. The handover itself goes on without it; see later: virt-handover history");
}
