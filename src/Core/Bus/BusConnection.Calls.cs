using Tmds.DBus.Protocol;
using VirtHandover.Bus.Wire;

namespace VirtHandover.Bus;

/// <summary>Calls to others.</summary>
internal sealed partial class BusConnection
{
    private static readonly TimeSpan s_defaultTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan s_lastLook = TimeSpan.FromSeconds(5);

    /// <summary>Calls a method and waits for its reply.</summary>
    /// <param name="request">The call.</param>
    /// <param name="cancellationToken">Stops waiting; the call itself cannot be taken back.</param>
    /// <returns>The reply's arguments.</returns>
    /// <exception cref="BusException">The error that was replied, <see cref="BusErrorNames.NoReply"/> after the timeout,
    /// <see cref="BusErrorNames.Disconnected"/> when the connection ends.</exception>
    internal async Task<IReadOnlyList<BusValue>> CallAsync(BusRequest request, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        var reply = AskAsync(request);
        try
        {
            return await reply.WaitAsync(request.Timeout ?? s_defaultTimeout, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // After a moment in which nothing ran (a stopped process, a machine under more load than it can carry) the answer may have been there for long,
            // not looked at. What the bus is asked now is answered behind it.
            await RoundTripAsync(s_lastLook).WaitAsync(cancellationToken).ConfigureAwait(false);
            return reply.IsCompleted
                ? await reply.ConfigureAwait(false)
                : throw new BusException(BusErrorNames.NoReply, $"{request.Interface}.{request.Member} was not answered in time.");
        }
    }

    private static BusException Gone(string reason) =>
        new(BusErrorNames.Disconnected, $"The call over D-Bus got no answer: {reason.TrimEnd('.')}.");

    /// <summary>Waits until the bus has read everything that was sent to it, and we what it sent before.</summary>
    private async Task RoundTripAsync(TimeSpan limit)
    {
        try
        {
            await AskAsync(BusRequest.ToBus("GetId")).WaitAsync(limit).ConfigureAwait(false);
        }
        catch (Exception e) when (e is BusException or TimeoutException)
        {
            // Then it never will.
        }
    }

    // Tmds.DBus goes on with whoever waits for a reply on the thread on which it reads: from there to the pool, or one that blocks would hold up all others.
    private Task<IReadOnlyList<BusValue>> AskAsync(BusRequest request)
    {
        var reply = new TaskCompletionSource<IReadOnlyList<BusValue>>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = AskAsync(request, reply);
        return reply.Task;
    }

    private async Task AskAsync(BusRequest request, TaskCompletionSource<IReadOnlyList<BusValue>> reply)
    {
        try
        {
            reply.TrySetResult(await _bus.CallMethodAsync(Write(request), static (message, _) => BodyReader.ReadBody(message)).ConfigureAwait(false));
        }
        catch (DBusErrorReplyException e)
        {
            // Tmds.DBus puts the name in the place of a message that there is not.
            reply.TrySetException(new BusException(e.ErrorName, e.ErrorMessage == e.ErrorName ? "" : e.ErrorMessage));
        }
        catch (BusException e)
        {
            reply.TrySetException(e);
        }
        catch (ObjectDisposedException)
        {
            reply.TrySetException(Gone("the connection is closed"));
        }
        catch (DBusConnectionClosedException e) when (e.InnerException is ObjectDisposedException)
        {
            reply.TrySetException(Gone("the connection is closed"));
        }
        catch (Exception e)
        {
            reply.TrySetException(Gone(e.Message));
        }
    }

    private MessageBuffer Write(BusRequest request, MessageFlags more = MessageFlags.None)
    {
        if (!BodyWriter.IsPath(request.Path))
            throw new BusException(BusErrorNames.InvalidArgs, $"Could not call {request.Interface}.{request.Member}: \"{request.Path}\" is no object path.");
        var writer = _bus.GetMessageWriter();
        try
        {
            writer.WriteMethodCallHeader(
                request.Destination,
                request.Path,
                request.Interface,
                request.Member,
                BodyWriter.SignatureOf(request.Arguments),
                more | (request.AutoStart ? MessageFlags.None : MessageFlags.NoAutoStart)
                    | (request.Interactive ? MessageFlags.AllowInteractiveAuthorization : MessageFlags.None));
            BodyWriter.Write(ref writer, request.Arguments);
            return writer.CreateMessage();
        }
        finally
        {
            writer.Dispose();
        }
    }
}
