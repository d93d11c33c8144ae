using Tmds.DBus.Protocol;
using VirtHandover.Bus.Wire;

namespace VirtHandover.Bus;

/// <summary>Signals, and the names on the bus.</summary>
internal sealed partial class BusConnection
{
    private const string Driver = "org.freedesktop.DBus";
    private const uint PrimaryOwner = 1, AlreadyOwner = 4, DoNotQueue = 4;

    /// <summary>Subscribes to signals.</summary>
    /// <param name="rule">Which ones.</param>
    /// <param name="received">Runs where messages are read, in the order of arrival, and must not wait for anything.</param>
    /// <returns>Ends the subscription when it is disposed of.</returns>
    /// <exception cref="BusException">The bus refused the rule.</exception>
    internal async Task<IAsyncDisposable> MatchAsync(SignalRule rule, Action<BusMessage> received)
    {
        var subscription = new Subscription(this, rule, await ObserveAsync(rule, received).ConfigureAwait(false));
        try
        {
            await CallAsync(BusRequest.ToBus("AddMatch", rule.ToString()), CancellationToken.None).ConfigureAwait(false);
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
    /// <param name="changed">Runs where messages are read, with the new owner's unique name, empty when there is none.</param>
    /// <returns>Ends the watch when it is disposed of.</returns>
    /// <exception cref="BusException">The bus refused.</exception>
    internal Task<IAsyncDisposable> WatchNameAsync(string name, Action<string> changed) => MatchAsync(
        new SignalRule(Driver) { Path = "/org/freedesktop/DBus", Interface = Driver, Member = "NameOwnerChanged", Argument = name },
        message =>
        {
            if (message.Body is [_, _, BusValue.Text { Value: var owner }])
                changed(owner);
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

    // The bus is told by us. Tmds.DBus would compare a first argument before it looks who has sent it: one that is damaged would end the connection. And it
    // does not write path_namespace and the like as a bus reads it.
    private async Task<IDisposable> ObserveAsync(SignalRule rule, Action<BusMessage> received)
    {
        var wanted = new MatchRule { Type = MessageType.Signal, Sender = rule.Sender, Path = rule.Path, Interface = rule.Interface, Member = rule.Member };
        try
        {
            return await _bus.AddMatchAsync(wanted, (message, _) => ReadSignal(message), Handle, emitOnCapturedContext: false, ObserverFlags.NoSubscribe)
                .ConfigureAwait(false);
        }
        catch (DBusErrorReplyException e)
        {
            throw new BusException(e.ErrorName, e.ErrorMessage);
        }
        catch (Exception e) when (e is DBusExceptionBase or ObjectDisposedException)
        {
            throw Gone(e is ObjectDisposedException ? "the connection is closed" : e.Message);
        }

        void Handle(Notification<BusMessage?> signal)
        {
            if (signal is not { HasValue: true, Value: { } message })
                return;
            if (rule.Argument is not null && !(message.Body is [BusValue.Text { Value: var first }, ..] && first == rule.Argument))
                return;
            try
            {
                received(message);
            }
            catch (Exception e)
            {
                // A fault of this program; it must not take the connection down for one message.
                Report("A D-Bus message could not be handled.", e);
            }
        }
    }

    private BusMessage? ReadSignal(Message message)
    {
        try
        {
            return BodyReader.Read(message);
        }
        catch (BusException e)
        {
            Report("A D-Bus message could not be handled.", e);
            return null;
        }
    }

    /// <summary>Makes a call whose answer nobody needs; nothing, when the connection has ended.</summary>
    private void Tell(BusRequest request)
    {
        try
        {
            _bus.TrySendMessage(Write(request, MessageFlags.NoReplyExpected));
        }
        catch (ObjectDisposedException)
        {
        }
    }

    private sealed class Subscription(BusConnection connection, SignalRule rule, IDisposable observer) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            observer.Dispose();
            connection.Tell(BusRequest.ToBus("RemoveMatch", rule.ToString()));
            return ValueTask.CompletedTask;
        }
    }
}
