using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>What a caller is told who asks for what there is not.</summary>
public sealed class WrongCallTests(PrivateBus bus) : IClassFixture<PrivateBus>, IAsyncLifetime
{
    private const string Properties = "org.freedesktop.DBus.Properties";
    private const string Name = "org.freedesktop.DBus.Error.";

    private BusConnection _server = null!;
    private BusConnection _client = null!;

    public async Task InitializeAsync()
    {
        _server = await bus.ConnectAsync();
        _client = await bus.ConnectAsync();
        await _server.ExportAsync(EchoService.Path, announce: false, (EchoService.Definition, new EchoService { Count = 3 }));
        await _server.RequestNameAsync(EchoService.Name, CancellationToken.None);
    }

    public async Task DisposeAsync()
    {
        await _client.DisposeAsync();
        await _server.DisposeAsync();
    }

    [Theory(Timeout = 30_000)]
    [InlineData("/org/nothing", EchoService.Name, "WhoAmI", "UnknownObject")]
    [InlineData("/org/example", EchoService.Name, "WhoAmI", "UnknownObject")]
    [InlineData("/org/nothing", Properties, "GetAll", "UnknownObject", EchoService.Name)]
    [InlineData("/org/nothing", "org.freedesktop.DBus.Introspectable", "Introspect", "UnknownObject")]
    [InlineData(EchoService.Path, "org.example.Other", "WhoAmI", "UnknownInterface")]
    [InlineData(EchoService.Path, "org.freedesktop.DBus.ObjectManager", "GetManagedObjects", "UnknownInterface")]
    [InlineData(EchoService.Path, Properties, "GetAll", "UnknownInterface", "org.example.Other")]
    [InlineData(EchoService.Path, Properties, "Get", "UnknownInterface", "org.example.Other", "Count")]
    [InlineData(EchoService.Path, EchoService.Name, "Nothing", "UnknownMethod")]
    [InlineData(EchoService.Path, Properties, "Nothing", "UnknownMethod")]
    [InlineData(EchoService.Path, "org.freedesktop.DBus.Introspectable", "Nothing", "UnknownMethod")]
    [InlineData(EchoService.Path, "org.freedesktop.DBus.Peer", "Nothing", "UnknownMethod")]
    [InlineData(EchoService.Path, Properties, "Get", "UnknownProperty", EchoService.Name, "Nothing")]
    [InlineData(EchoService.Path, EchoService.Name, "WhoAmI", "InvalidArgs", "one too many")]
    [InlineData(EchoService.Path, EchoService.Name, "Echo", "InvalidArgs")]
    [InlineData(EchoService.Path, Properties, "Get", "InvalidArgs", EchoService.Name)]
    [InlineData(EchoService.Path, Properties, "GetAll", "InvalidArgs")]
    [InlineData(EchoService.Path, "org.freedesktop.DBus.Introspectable", "Introspect", "InvalidArgs", "x")]
    public async Task It_is_an_error_with_its_right_name(string path, string @interface, string member, string error, params string[] arguments)
    {
        var refused = await Assert.ThrowsAsync<BusException>(() => CallAsync(path, @interface, member, [.. arguments.Select(argument => (BusValue)argument)]));
        Assert.Equal(Name + error, refused.Name);
        Assert.NotEmpty(refused.Message);
        Assert.NotEmpty(await CallAsync(EchoService.Path, EchoService.Name, "WhoAmI"));
    }

    [Theory(Timeout = 30_000)]
    [InlineData("Count", "PropertyReadOnly")]
    [InlineData("Nothing", "UnknownProperty")]
    public async Task Properties_can_only_be_read(string property, string error)
    {
        var refused = await Assert.ThrowsAsync<BusException>(
            () => CallAsync(EchoService.Path, Properties, "Set", EchoService.Name, property, new BusValue.Variant(7u)));
        Assert.Equal(Name + error, refused.Name);
        Assert.Equal(new BusValue.Variant(3u), (await CallAsync(EchoService.Path, Properties, "Get", EchoService.Name, "Count"))[0]);
    }

    [Fact(Timeout = 30_000)]
    public async Task All_properties_are_read_at_once()
    {
        var all = (await CallAsync(EchoService.Path, Properties, "GetAll", EchoService.Name))[0];
        Assert.Equal(BusValue.Options([new("Count", 3u), new("Constant", "fixed"), new("Quiet", 0.5)]), all);
    }

    [Fact(Timeout = 30_000)]
    public async Task A_property_of_another_type_than_was_promised_is_a_fault()
    {
        var wrong = new InterfaceBuilder<EchoService>("org.example.Wrong").Property("Wrong", "s", _ => 1u).Build();
        await _server.ExportAsync("/org/wrong", announce: false, (wrong, new EchoService()));
        var faults = new TaskCompletionSource<Exception>();
        _server.Faulted = (_, fault) => faults.TrySetResult(fault);
        var refused = await Assert.ThrowsAsync<BusException>(() => CallAsync("/org/wrong", Properties, "Get", "org.example.Wrong", "Wrong"));
        Assert.Equal(ServiceErrors.Prefix + "Failed", refused.Name);
        Assert.IsType<InvalidOperationException>(await faults.Task);
    }

    private Task<IReadOnlyList<BusValue>> CallAsync(string path, string @interface, string member, params BusValue[] arguments) =>
        _client.CallAsync(new BusRequest(EchoService.Name, path, @interface, member, arguments), CancellationToken.None);
}
