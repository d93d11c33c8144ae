using VirtHandover.Bus.Interop;

namespace VirtHandover.Bus;

/// <summary>Signals, and the names on the bus.</summary>
internal sealed partial class BusConnection
{
    private const uint PrimaryOwner = 1, AlreadyOwner = 4, DoNotQueue = 4;

    /// <summary>Subscribes to signals.</summary>
    /// <param name="rule">A D-Bus match rule.</param>
    /// <param name="received">Runs on the bus thread, in the order of arrival, and must not wait for anything.</param>
    /// <returns>Ends the subscription when it is disposed of.</returns>
    /// <exception cref="BusException">The bus refused the rule.</exception>
    internal async Task<IAsyncDisposable> MatchAsync(string rule, Action<BusMessage> received)
    {
        var installed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        BusSlot? slot = null;
        await RunAsync(() => slot = Match(rule, received, installed)).ConfigureAwait(false);
        var subscription = new Subscription(this, slot!);
        try
        {
            await installed.Task.ConfigureAwait(false);
            return subscription;
        }
        catch
        {
            await subscription.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>Takes a name on the bus.</summary>
    /// <exception cref="BusException">The bus policy forbids it, or another process has it.</exception>
    internal async Task RequestNameAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await CallAsync(BusRequest.ToBus("RequestName", name, DoNotQueue), cancellationToken).ConfigureAwait(false);
        if (reply[0].AsUInt32() is not (PrimaryOwner or AlreadyOwner))
            throw new BusException(BusErrorNames.Failed, $"The D-Bus name {name} belongs to another process: is the service already running?");
    }

    /// <summary>Gives a name back; others can take it while this connection stays open.</summary>
    /// <exception cref="BusException">The bus does not answer.</exception>
    internal Task ReleaseNameAsync(string name, CancellationToken cancellationToken) =>
        CallAsync(BusRequest.ToBus("ReleaseName", name), cancellationToken);

    /// <summary>Who owns a name.</summary>
    /// <returns>The unique name; empty when nobody does.</returns>
    /// <exception cref="BusException">The bus does not answer.</exception>
    internal async Task<string> GetNameOwnerAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return (await CallAsync(BusRequest.ToBus("GetNameOwner", name), cancellationToken).ConfigureAwait(false))[0].AsText();
        }
        catch (BusException e) when (e.Name == BusErrorNames.NameHasNoOwner)
        {
            return "";
        }
    }

    /// <summary>Follows the ownership of a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="changed">Runs on the bus thread with the new owner's unique name, empty when there is none.</param>
    /// <returns>Ends the watch when it is disposed of.</returns>
    /// <exception cref="BusException">The bus refused.</exception>
    internal Task<IAsyncDisposable> WatchNameAsync(string name, Action<string> changed) => MatchAsync(
        "type='signal',sender='org.freedesktop.DBus',path='/org/freedesktop/DBus',interface='org.freedesktop.DBus',"
            + $"member='NameOwnerChanged',arg0='{name}'",
        message =>
        {
            if (message.Body.Count == 3)
                changed(message.Body[2].AsText());
        });

    /// <summary>Asks the bus who is behind a unique name.</summary>
    /// <exception cref="BusException">It has left the bus.</exception>
    internal async Task<BusCaller> GetCallerAsync(string name, CancellationToken cancellationToken)
    {
        var reply = await CallAsync(BusRequest.ToBus("GetConnectionCredentials", name), cancellationToken).ConfigureAwait(false);
        return reply[0].AsOptions().TryGetValue("UnixUserID", out var value) && value.AsUInt32() is var userId
            ? new BusCaller(name, userId) { Login = await LoginNames.OfAsync(userId).ConfigureAwait(false) }
            : throw new BusException(BusErrorNames.AccessDenied, $"The bus does not know which user {name} is.");
    }

    private unsafe BusSlot Match(string rule, Action<BusMessage> received, TaskCompletionSource installed)
    {
        var slot = new BusSlot(this)
        {
            Received = message => received(MessageReader.Read(message)),
            Installed = reply => Confirm(reply, installed),
            Abandoned = reason => installed.TrySetException(Gone(reason)),
        };
        var result = SdBus.sd_bus_add_match_async(
            _bus, out var handle, rule, &BusSlot.OnReceived, &BusSlot.OnInstalled, slot.Userdata);
        slot.Handle = handle;
        if (result < 0)
            slot.Release();
        BusCheck.Succeeded(result, $"subscribe to \"{rule}\"");
        return slot;
    }

    private static void Confirm(nint reply, TaskCompletionSource installed)
    {
        try
        {
            ReadReply(reply);
            installed.TrySetResult();
        }
        catch (BusException e)
        {
            installed.TrySetException(e);
        }
    }

    private sealed class Subscription(BusConnection connection, BusSlot slot) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            // A closed connection has already released it.
            try
            {
                await connection.RunAsync(slot.Release).ConfigureAwait(false);
            }
            catch (BusException)
            {
            }
        }
    }
}
