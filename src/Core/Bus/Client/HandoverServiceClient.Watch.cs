using System.Runtime.CompilerServices;
using System.Threading.Channels;
using VirtHandover.Bus.Contract;

namespace VirtHandover.Bus.Client;

/// <summary>The stream of states.</summary>
public sealed partial class HandoverServiceClient
{
    // Everything that the service says, in one rule: one order.
    private static readonly SignalRule s_signalsOfTheService = new(HandoverNames.BusName);

    /// <inheritdoc/>
    public async IAsyncEnumerable<HostView> WatchAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        const string purpose = "watch the virtual machines";
        await using var watch = await Guard(purpose, async () =>
        {
            var connection = await ConnectAsync(cancellationToken).ConfigureAwait(false);
            return await ServiceWatch.StartAsync(connection, s_signalsOfTheService).ConfigureAwait(false);
        }).ConfigureAwait(false);

        // Subscribed first, read then: nothing is missed in between.
        var mirror = await Guard(purpose, () => LoadAsync(watch.Connection, cancellationToken)).ConfigureAwait(false);
        await Guard(purpose, () => watch.BindAsync(cancellationToken)).ConfigureAwait(false);
        yield return _last = await Guard(purpose, () => Task.FromResult(mirror.View)).ConfigureAwait(false);

        while (await watch.Signals.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            // All that is there now becomes one new state.
            var changed = await Guard(purpose, () => Task.FromResult(Drain(watch.Signals, mirror))).ConfigureAwait(false);
            if (watch.ServiceIsGone)
                yield break;
            if (changed)
                yield return _last = await Guard(purpose, () => Task.FromResult(mirror.View)).ConfigureAwait(false);
        }
    }

    private static bool Drain(ChannelReader<BusMessage> signals, HostMirror mirror)
    {
        var changed = false;
        while (signals.TryRead(out var signal))
            changed |= mirror.Apply(signal);
        return changed;
    }
}
