using VirtHandover.Bus.Interop;
using static VirtHandover.Bus.Interop.SdBusMessage;

namespace VirtHandover.Bus;

/// <summary>Calls to others.</summary>
internal sealed partial class BusConnection
{
    // sd-bus: 0 would mean its own default.
    private const ulong ForEver = ulong.MaxValue;

    private readonly HashSet<nint> _heldCalls = [];

    /// <summary>What sd-bus holds for us; only touched on the bus thread.</summary>
    internal HashSet<BusSlot> Slots { get; } = [];

    /// <summary>Calls a method and waits for its reply.</summary>
    /// <param name="request">The call.</param>
    /// <param name="cancellationToken">Stops waiting; the call itself cannot be taken back.</param>
    /// <returns>The reply's arguments.</returns>
    /// <exception cref="BusException">The error that was replied, <see cref="BusErrorNames.NoReply"/> after the timeout,
    /// <see cref="BusErrorNames.Disconnected"/> when the connection ends.</exception>
    internal async Task<IReadOnlyList<BusValue>> CallAsync(BusRequest request, CancellationToken cancellationToken)
    {
        var reply = new TaskCompletionSource<IReadOnlyList<BusValue>>(TaskCreationOptions.RunContinuationsAsynchronously);
        BusSlot? slot = null;
        await RunAsync(() => slot = Call(request, reply)).ConfigureAwait(false);
        using var limit = new CancellationTokenSource(request.Timeout ?? s_defaultTimeout);
        await using var late = limit.Token.Register(() => GiveUp(request, slot!, reply)).ConfigureAwait(false);
        await using (cancellationToken.Register(() =>
        {
            reply.TrySetCanceled(cancellationToken);
            _loop.Post(() => slot?.Release());
        }).ConfigureAwait(false))
        {
            return await reply.Task.ConfigureAwait(false);
        }
    }

    // sd-bus looks at its clock before it looks at its socket: after a moment in which nothing ran (a stopped process, a machine under more load than
    // it can carry) it would give a call up whose answer has been there for long. Here one more step lies between the end of the time and giving up.
    private void GiveUp(BusRequest request, BusSlot slot, TaskCompletionSource<IReadOnlyList<BusValue>> reply) => _loop.Post(() => _loop.Post(() =>
    {
        slot.Release();
        reply.TrySetException(new BusException(BusErrorNames.NoReply, $"{request.Interface}.{request.Member} was not answered in time."));
    }));

    /// <summary>Runs something on the bus thread.</summary>
    /// <exception cref="BusException">What the action raised, or <see cref="BusErrorNames.Disconnected"/>.</exception>
    private Task RunAsync(Action action)
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var posted = _loop.Post(() =>
        {
            try
            {
                if (_bus == 0)
                    throw Gone("the connection is closed");
                action();
                done.TrySetResult();
            }
            catch (Exception e)
            {
                done.TrySetException(e);
            }
        });
        if (!posted)
            done.TrySetException(Gone("the connection is closed"));
        return done.Task;
    }

    private unsafe BusSlot Call(BusRequest request, TaskCompletionSource<IReadOnlyList<BusValue>> reply)
    {
        var what = $"call {request.Interface}.{request.Member}";
        BusCheck.Succeeded(
            sd_bus_message_new_method_call(_bus, out var message, request.Destination, request.Path, request.Interface, request.Member), what);
        BusSlot? slot = null;
        try
        {
            MessageWriter.Append(message, request.Arguments);
            BusCheck.Succeeded(sd_bus_message_set_auto_start(message, request.AutoStart ? 1 : 0), what);
            BusCheck.Succeeded(sd_bus_message_set_allow_interactive_authorization(message, request.Interactive ? 1 : 0), what);
            slot = new BusSlot(this)
            {
                Received = answer => Receive(slot!, answer, reply),
                Abandoned = reason => reply.TrySetException(Gone(reason)),
            };
            var result = SdBus.sd_bus_call_async(
                _bus, out var handle, message, &BusSlot.OnReceived, slot.Userdata, ForEver);
            slot.Handle = handle;
            BusCheck.Succeeded(result, what);
            return slot;
        }
        catch
        {
            slot?.Release();
            throw;
        }
        finally
        {
            sd_bus_message_unref(message);
        }
    }

    private static void Receive(BusSlot slot, nint message, TaskCompletionSource<IReadOnlyList<BusValue>> reply)
    {
        try
        {
            reply.TrySetResult(ReadReply(message).Body);
        }
        catch (BusException e)
        {
            reply.TrySetException(e);
        }
        finally
        {
            slot.Release();
        }
    }

    /// <exception cref="BusException">The reply is an error or cannot be read.</exception>
    private static unsafe BusMessage ReadReply(nint message)
    {
        var error = sd_bus_message_get_error(message);
        return error is null || error->Name is null
            ? MessageReader.Read(message)
            : throw new BusException(MessageReader.Text(error->Name), MessageReader.Text(error->Message));
    }

    private void ReleaseAll(string reason)
    {
        foreach (var slot in Slots.ToArray())
        {
            slot.Release();
            slot.Abandoned?.Invoke(reason);
        }

        foreach (var call in _heldCalls)
            sd_bus_message_unref(call);
        _heldCalls.Clear();
    }

    private static BusException Gone(string reason) =>
        new(BusErrorNames.Disconnected, $"The call over D-Bus got no answer: {reason.TrimEnd('.')}.");
}
