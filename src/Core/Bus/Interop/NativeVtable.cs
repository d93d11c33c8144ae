using System.Runtime.InteropServices;
using System.Text;

namespace VirtHandover.Bus.Interop;

/// <summary>
/// The C form of an <see cref="InterfaceDefinition"/>. Definitions are few and live as long as the program, and sd-bus keeps
/// pointers into the table: it is made once for each and never freed.
/// </summary>
internal static unsafe class NativeVtable
{
    private static readonly Dictionary<InterfaceDefinition, nint> s_tables = new(ReferenceEqualityComparer.Instance);
    private static readonly Lock s_gate = new();

    // A data symbol, not a function: SD_BUS_VTABLE_START points to it.
    private static readonly Lazy<nint> s_format =
        new(() => NativeLibrary.GetExport(NativeLibrary.Load(SdBus.Library), "sd_bus_object_vtable_format"));

    internal static SdBusVtable* Of(
        InterfaceDefinition definition,
        delegate* unmanaged[Cdecl]<nint, nint, nint, int> method,
        delegate* unmanaged[Cdecl]<nint, byte*, byte*, byte*, nint, nint, nint, int> getter)
    {
        lock (s_gate)
        {
            if (!s_tables.TryGetValue(definition, out var table))
            {
                table = (nint)Build(definition, (nint)method, (nint)getter);
                s_tables.Add(definition, table);
            }

            return (SdBusVtable*)table;
        }
    }

    private static SdBusVtable* Build(InterfaceDefinition definition, nint method, nint getter)
    {
        var count = definition.Methods.Count + definition.Properties.Count + definition.Signals.Count + 2;
        var table = (SdBusVtable*)NativeMemory.AllocZeroed((nuint)count, (nuint)sizeof(SdBusVtable));
        var next = table;
        *next++ = new SdBusVtable(SdBusVtable.Start, 0)
        {
            Word0 = sizeof(SdBusVtable),
            Word1 = (nint)SdBusVtable.ParamNames,
            Word2 = s_format.Value,
        };
        foreach (var item in definition.Methods)
        {
            // Unprivileged: otherwise sd-bus refuses everybody but root with words of its own, before the bouncer is asked.
            *next++ = new SdBusVtable(SdBusVtable.Method, SdBusVtable.Unprivileged)
            {
                Word0 = Native(item.Name),
                Word1 = Native(Signature(item.In)),
                Word2 = Native(Signature(item.Out)),
                Word3 = method,
                Word5 = Native(Names([.. item.In, .. item.Out])),
            };
        }

        foreach (var item in definition.Properties)
        {
            var flags = item.Change switch
            {
                PropertyChange.Constant => SdBusVtable.Const,
                PropertyChange.Announced => SdBusVtable.EmitsChange,
                _ => 0UL,
            };
            *next++ = new SdBusVtable(SdBusVtable.Property, flags)
            {
                Word0 = Native(item.Name),
                Word1 = Native(item.Signature),
                Word2 = getter,
            };
        }

        foreach (var item in definition.Signals)
        {
            *next++ = new SdBusVtable(SdBusVtable.Signal, 0)
            {
                Word0 = Native(item.Name),
                Word1 = Native(Signature(item.Arguments)),
                Word2 = Native(Names(item.Arguments)),
            };
        }

        *next = new SdBusVtable(SdBusVtable.End, 0);
        return table;
    }

    private static string Signature(IEnumerable<ArgumentDefinition> arguments) =>
        string.Concat(arguments.Select(argument => argument.Signature));

    // "in\0out\0": each name ends with NUL, the whole once more (Native adds that one).
    private static string Names(IEnumerable<ArgumentDefinition> arguments) =>
        string.Concat(arguments.Select(argument => argument.Name + "\0"));

    private static nint Native(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text + "\0");
        var memory = (byte*)NativeMemory.Alloc((nuint)bytes.Length);
        bytes.CopyTo(new Span<byte>(memory, bytes.Length));
        return (nint)memory;
    }
}
