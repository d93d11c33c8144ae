using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VirtHandover.Bus.Interop;
using VirtHandover.Foreign;
using static VirtHandover.Bus.Interop.SdBusMessage;

namespace VirtHandover.Bus;

/// <summary>Objects that others can call.</summary>
internal sealed partial class BusConnection
{
    /// <summary>Exports an object.</summary>
    /// <param name="path">Its path.</param>
    /// <param name="announce">Emit <c>InterfacesAdded</c>; an object manager must stand above the path.</param>
    /// <param name="interfaces">Its interfaces, each with the object that its handlers are given.</param>
    /// <returns>The exported object.</returns>
    /// <exception cref="BusException">The path is none or is taken.</exception>
    internal async Task<BusObject> ExportAsync(string path, bool announce, params (InterfaceDefinition Definition, object Target)[] interfaces)
    {
        var slots = new List<BusSlot>();
        await RunAsync(() =>
        {
            try
            {
                foreach (var (definition, target) in interfaces)
                    slots.Add(Export(path, definition, target));
                if (announce)
                    BusCheck.Succeeded(SdBus.sd_bus_emit_object_added(_bus, path), $"announce {path}");
            }
            catch
            {
                slots.ForEach(slot => slot.Release());
                throw;
            }
        }).ConfigureAwait(false);
        return new BusObject(this, path, slots, announce);
    }

    /// <summary>Puts an <c>org.freedesktop.DBus.ObjectManager</c> over everything below a path.</summary>
    /// <exception cref="BusException">The path is none.</exception>
    internal Task AddObjectManagerAsync(string path) => RunAsync(() =>
    {
        var slot = new BusSlot(this);
        var result = SdBus.sd_bus_add_object_manager(_bus, out var handle, path);
        slot.Handle = handle;
        BusCheck.Succeeded(result, $"put an object manager at {path}");
    });

    /// <summary>Emits a signal.</summary>
    /// <exception cref="BusException">The connection has ended, or a value does not fit.</exception>
    internal Task SignalAsync(string path, string @interface, string member, params IReadOnlyList<BusValue> arguments) => RunAsync(() =>
    {
        BusCheck.Succeeded(sd_bus_message_new_signal(_bus, out var message, path, @interface, member), $"emit {member}");
        try
        {
            MessageWriter.Append(message, arguments);
            Send(message, $"emit {member}");
        }
        finally
        {
            sd_bus_message_unref(message);
        }
    });

    /// <summary>Emits <c>PropertiesChanged</c> with the values that the getters give when it is sent.</summary>
    internal Task ChangedAsync(string path, string @interface, IReadOnlyList<string> properties) => RunAsync(() => Changed(path, @interface, properties));

    /// <summary>Takes an object away.</summary>
    internal Task RemoveAsync(string path, IReadOnlyList<BusSlot> slots, bool announce) => RunAsync(() =>
    {
        // Before the release: sd-bus lists the interfaces that are still there.
        if (announce)
            _ = SdBus.sd_bus_emit_object_removed(_bus, path);
        foreach (var slot in slots)
            slot.Release();
    });

    private unsafe void Changed(string path, string @interface, IReadOnlyList<string> properties)
    {
        if (properties.Count == 0)
            return;
        var memory = properties.Select(Marshal.StringToCoTaskMemUTF8).ToArray();
        try
        {
            nint[] terminated = [.. memory, 0];
            fixed (nint* names = terminated)
            {
                BusCheck.Succeeded(
                    SdBus.sd_bus_emit_properties_changed_strv(_bus, path, @interface, (byte**)names), $"announce a change of {path}");
            }
        }
        finally
        {
            foreach (var name in memory)
                Marshal.FreeCoTaskMem(name);
        }
    }

    private unsafe BusSlot Export(string path, InterfaceDefinition definition, object target)
    {
        var slot = new BusSlot(this) { Exported = new ExportedInterface(this, definition, target) };
        var result = SdBus.sd_bus_add_object_vtable(
            _bus, out var handle, path, definition.Name, NativeVtable.Of(definition, &OnMethod, &OnGet), slot.Userdata);
        slot.Handle = handle;
        if (result < 0)
            slot.Release();
        BusCheck.Succeeded(result, $"export {definition.Name} at {path}");
        return slot;
    }

    private unsafe void Send(nint message, string what) => BusCheck.Succeeded(SdBus.sd_bus_send(_bus, message, null), what);

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int OnMethod(nint message, nint userdata, nint error)
    {
        try
        {
            var exported = BusSlot.Of(userdata).Exported!;
            var call = MessageReader.Read(message);
            var method = exported.Definition.Methods.First(candidate => candidate.Name == call.Member);
            exported.Connection.Answer(message, call, method, exported.Target);
            return 1;
        }
        catch (Exception e)
        {
            return SetError(error, e);
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static unsafe int OnGet(nint bus, byte* path, byte* @interface, byte* property, nint reply, nint userdata, nint error)
    {
        var exported = BusSlot.Of(userdata).Exported!;
        try
        {
            var name = MessageReader.Text(property);
            var definition = exported.Definition.Properties.First(candidate => candidate.Name == name);
            MessageWriter.Append(reply, definition.Getter(exported.Target));
            return 1;
        }
        catch (Exception e)
        {
            exported.Connection.Report($"A property of {exported.Definition.Name} could not be read.", e);
            return SetError(error, e);
        }
    }

    private static int SetError(nint error, Exception exception)
    {
        var mapped = ServiceErrors.ToBus(exception);
        return SdBus.sd_bus_error_set(error, mapped.Name, BusText.Sanitize(mapped.Message));
    }

    private void Answer(nint message, BusMessage call, MethodDefinition method, object target)
    {
        var received = new BusCall(call, sd_bus_message_get_allow_interactive_authorization(message) > 0, this, _gate?.UserOf(call.Sender));
        var held = sd_bus_message_ref(message);
        _heldCalls.Add(held);

        // On the pool: a handler may wait for a disk or for libvirt, the bus thread never does.
        _ = Task.Run(async () =>
        {
            BusException? failure = null;
            IReadOnlyList<BusValue> results = [];
            try
            {
                results = await method.Handler(target, received).ConfigureAwait(false);
            }
            catch (Exception e)
            {
                failure = ServiceErrors.ToBus(e);
                if (ServiceErrors.IsFault(e))
                    Report($"{call.Interface}.{call.Member} failed.", e);
            }

            // After the end of the connection the held call is gone as well.
            _loop.Post(() =>
            {
                if (_bus != 0 && _heldCalls.Remove(held))
                    Reply(held, results, failure);
            });
        });
    }

    private void Reply(nint call, IReadOnlyList<BusValue> results, BusException? failure)
    {
        try
        {
            if (failure is null)
                ReplyWith(call, results);
            else
                ReplyWith(call, failure);
        }
        catch (BusException e)
        {
            ReplyWith(call, ServiceErrors.ToBus(e));
        }
        finally
        {
            sd_bus_message_unref(call);
        }
    }

    private void ReplyWith(nint call, IReadOnlyList<BusValue> results)
    {
        // The bus would end the connection, and with it the service, not this call alone.
        if (results.Sum(result => result.Size) > ForeignBounds.MessageBytes)
            throw new BusException(BusErrorNames.InvalidArgs, "The answer is too long for a message on the bus; ask for less.");
        BusCheck.Succeeded(sd_bus_message_new_method_return(call, out var reply), "reply");
        try
        {
            MessageWriter.Append(reply, results);
            Send(reply, "reply");
        }
        finally
        {
            sd_bus_message_unref(reply);
        }
    }

    private static unsafe void ReplyWith(nint call, BusException failure)
    {
        fixed (byte* name = BusText.Encode(failure.Name), message = BusText.Encode(failure.Message))
        {
            var error = new SdBusError { Name = name, Message = message };
            _ = sd_bus_reply_method_error(call, &error);
        }
    }
}
