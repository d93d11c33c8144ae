using VirtHandover.Bus;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>Maps of others grow: what is in them is read or passed over, whatever its type.</summary>
public sealed class ForeignValueTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Name = "org.example.Foreign1";
    private const string Path = "/org/example/Foreign1";

    private static readonly BusValue[] s_everyType =
    [
        (byte)1,
        true,
        new BusValue.Int16(-2),
        new BusValue.UInt16(3),
        -4,
        5u,
        -6L,
        7UL,
        0.5,
        "text",
        new BusValue.ObjectPath("/a/b"),
        new BusValue.TypeSignature("a{sv}"),
        BusValue.ArrayOf("y", [(byte)1, (byte)2]),
        BusValue.ArrayOf("u", []),
        BusValue.ArrayOf("(su)", [BusValue.StructOf("a", 1u)]),
        BusValue.ArrayOf("{us}", [new BusValue.Entry(1u, "one")]),
        BusValue.StructOf("a", BusValue.StructOf(1u, BusValue.Strings(["x"]))),
        new BusValue.Variant(new BusValue.Variant(BusValue.Options([new("deep", 1u)]))),
    ];

    [Fact(Timeout = 30_000)]
    public async Task A_map_with_a_value_of_every_type_is_read()
    {
        var values = s_everyType.Select((value, index) => KeyValuePair.Create($"key-{index}", value)).Append(new("UnixUserID", 1000u));
        var read = await AskAsync(BusValue.Options(values));
        Assert.Equal(1000u, read["UnixUserID"].AsUInt32());
        for (var index = 0; index < s_everyType.Length; index++)
            Assert.Equal(s_everyType[index].Unwrapped(), read[$"key-{index}"]);
    }

    // dbus-daemon 1.16: GetConnectionCredentials has ProcessFD, for whom it may send descriptors.
    [Fact(Timeout = 30_000)]
    public async Task Descriptors_in_a_map_are_passed_over()
    {
        await using var raw = RawBus.Listen(bus.Folder);
        var open = BusConnection.OpenAsync(raw.Address, CancellationToken.None);
        await raw.AcceptAsync();
        await using var client = await open;
        var call = client.CallAsync(BusRequest.ToBus("GetConnectionCredentials", ":1.7"), CancellationToken.None);
        var serial = await raw.NextCallAsync("GetConnectionCredentials");
        await raw.SendAsync(RawMessage.Reply(serial, "a{sv}ah", new RawBody()
            .Array(8, map => map
                .Entry("ProcessFD", "h", value => value.UInt32(0))
                .Entry("Nested", "(sv)", value => value.Align(8).Text("name").Signature("h").UInt32(1))
                .Entry("UnixUserID", "u", value => value.UInt32(1000)))
            .Array(4, several => several.UInt32(0).UInt32(1))));
        var reply = await call;
        var map = reply[0].AsOptions();
        Assert.Equal(1000u, map["UnixUserID"].AsUInt32());
        Assert.Equal(BusValue.Descriptor.Passed, map["ProcessFD"]);
        Assert.Equal("h", map["ProcessFD"].Signature);
        Assert.Equal(2, reply[1].AsItems().Count);
    }

    [Fact(Timeout = 30_000)]
    public async Task Descriptors_are_not_sent()
    {
        await using var client = await bus.ConnectAsync();
        var request = BusRequest.ToBus("GetNameOwner", BusValue.Descriptor.Passed);
        var error = await Assert.ThrowsAsync<BusException>(() => client.CallAsync(request, CancellationToken.None));
        Assert.Equal(BusErrorNames.InvalidArgs, error.Name);
        Assert.Single(await client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None));
    }

    [Fact(Timeout = 60_000)]
    public async Task A_message_with_too_many_values_is_refused_and_the_next_is_read()
    {
        await using var service = await ServeAsync(BusValue.ArrayOf("y", Enumerable.Repeat<BusValue>((byte)0, (1 << 22) + 1)));
        await using var client = await bus.ConnectAsync();
        var error = await Assert.ThrowsAsync<BusException>(() => client.CallAsync(Request(), CancellationToken.None));
        Assert.Equal(BusErrorNames.InvalidArgs, error.Name);
        Assert.Single(await client.CallAsync(BusRequest.ToBus("GetId"), CancellationToken.None));
    }

    private async Task<IReadOnlyDictionary<string, BusValue>> AskAsync(BusValue map)
    {
        await using var service = await ServeAsync(map);
        await using var client = await bus.ConnectAsync();
        return (await client.CallAsync(Request(), CancellationToken.None))[0].AsOptions();
    }

    private async Task<BusConnection> ServeAsync(BusValue answer)
    {
        var connection = await bus.ConnectAsync();
        var definition = new InterfaceBuilder<object>(Name)
            .Method("Get", [], [new(answer.Signature, "result")], (_, _) => Task.FromResult<IReadOnlyList<BusValue>>([answer]))
            .Build();
        await connection.ExportAsync(Path, announce: false, (definition, new object()));
        await connection.RequestNameAsync(Name, CancellationToken.None);
        return connection;
    }

    private static BusRequest Request() => new(Name, Path, Name, "Get");
}
