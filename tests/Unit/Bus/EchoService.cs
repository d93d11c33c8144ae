using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>A small service for the tests of the binding.</summary>
internal sealed class EchoService
{
    internal const string Name = "org.example.Echo1";
    internal const string Path = "/org/example/Echo1";

    internal static InterfaceDefinition Definition { get; } = new InterfaceBuilder<EchoService>(Name)
        .Method(
            "Echo",
            InterfaceBuilder<EchoService>.Arguments(("v", "value")),
            InterfaceBuilder<EchoService>.Arguments(("v", "result")),
            (_, call) => Task.FromResult(call.Arguments))
        .Method("Throw", [], (_, _) => throw new InvalidOperationException("Something of our own."))
        .Method("Refuse", [], (_, _) => throw new BusException(BusErrorNames.AccessDenied, "Not you."))
        .Method("WrongResult", [], InterfaceBuilder<EchoService>.Arguments(("o", "path")), (_, _) =>
            Task.FromResult<IReadOnlyList<BusValue>>([new BusValue.ObjectPath("none")]))
        .Method("WhoAmI", [], InterfaceBuilder<EchoService>.Arguments(("u", "uid")), async (_, call) =>
            [(await call.GetCallerAsync()).UserId])
        .Property("Count", "u", service => service.Count)
        .Property("Constant", "s", _ => "fixed", PropertyChange.Constant)
        .Property("Quiet", "d", _ => 0.5, PropertyChange.Silent)
        .Signal("Rang", InterfaceBuilder<EchoService>.Arguments(("s", "text"), ("t", "id")))
        .Build();

    internal static InterfaceDefinition Broken { get; } = new InterfaceBuilder<EchoService>(Name)
        .Property("Broken", "s", _ => throw new InvalidOperationException("Out of order."))
        .Build();

    internal uint Count { get; set; }

    internal static InterfaceDefinition Hanging(TaskCompletionSource reached, Task<IReadOnlyList<BusValue>> result) =>
        new InterfaceBuilder<object>(Name)
            .Method("Hang", [], [], (_, _) =>
            {
                reached.TrySetResult();
                return result;
            })
            .Build();
}
