using System.Diagnostics;
using System.Xml;
using System.Xml.Linq;
using VirtHandover.Bus;
using VirtHandover.Bus.Contract;
using VirtHandover.Server;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>The documented XML is the contract: what the service shows must be the same, member by member.</summary>
public sealed class IntrospectionTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    private const string Root = "/org/virthandover/Handover1";
    private const string Domain = Root + "/domain/6a2c8b1e_0000_4000_8000_0123456789ab";

    [Theory(Timeout = 30_000)]
    [InlineData("org.virthandover.Handover1.Manager", Root)]
    [InlineData("org.virthandover.Handover1.Domain", Domain)]
    public async Task The_service_shows_the_document_itself(string name, string path)
    {
        await using var server = await ServeAsync();
        await using var client = await bus.ConnectAsync();
        var shown = await IntrospectAsync(client, path);
        var document = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "data", "dbus", name + ".xml"));
        var (begin, end) = (document.IndexOf("  <interface", StringComparison.Ordinal), document.IndexOf("</node>", StringComparison.Ordinal));
        Assert.Contains(document[begin..end], shown, StringComparison.Ordinal);
        string[] ofManagers = path == Root ? ["org.freedesktop.DBus.ObjectManager"] : [];
        Assert.Equal(
            ["org.freedesktop.DBus.Introspectable", .. ofManagers, "org.freedesktop.DBus.Peer", "org.freedesktop.DBus.Properties", name],
            Interfaces(shown).Select(one => (string)one.Attribute("name")!).Order(StringComparer.Ordinal));
    }

    [Fact(Timeout = 30_000)]
    public async Task Every_object_is_found_from_the_root_down()
    {
        await using var server = await ServeAsync();
        await using var client = await bus.ConnectAsync();
        var found = new List<string>();
        for (var path = "/"; path != Domain; path = found[^1])
        {
            var child = Assert.Single(Parse(await IntrospectAsync(client, path)).Elements("node"));
            found.Add(path.TrimEnd('/') + "/" + (string)child.Attribute("name")!);
        }

        Assert.Contains(Root, found);
        var error = await Assert.ThrowsAsync<BusException>(() => IntrospectAsync(client, Root + "/nothing"));
        Assert.Equal(BusErrorNames.UnknownObject, error.Name);
    }

    // What calls are answered by and what introspection shows are two things: the definitions and the documents say the same, member by member.
    [Theory]
    [MemberData(nameof(Definitions))]
    public async Task The_document_says_what_the_definition_says(string name)
    {
        var definition = s_definitions[name];
        var document = Interface(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "data", "dbus", name + ".xml")), name);
        Assert.Equal(
            definition.Methods.Select(method => $"method {method.Name} in {Arguments(method.In)} out {Arguments(method.Out)}")
                .Concat(definition.Properties.Select(property => $"property {property.Name} {property.Signature} {property.Change}"))
                .Concat(definition.Signals.Select(signal => $"signal {signal.Name} {Arguments(signal.Arguments)}"))
                .Order(StringComparer.Ordinal),
            document.Elements().Select(Describe).Order(StringComparer.Ordinal));

        static string Arguments(IEnumerable<ArgumentDefinition> arguments) =>
            string.Join(',', arguments.Select(argument => $"{argument.Signature} {argument.Name}"));
    }

    [Theory(Timeout = 60_000)]
    [InlineData("busctl", "--address={0}", "introspect", "org.virthandover.Handover1", Root)]
    [InlineData("busctl", "--address={0}", "introspect", "org.virthandover.Handover1", Domain)]
    [InlineData("busctl", "--address={0}", "tree", "org.virthandover.Handover1")]
    [InlineData("busctl", "--address={0}", "call", "org.virthandover.Handover1", Root, "org.freedesktop.DBus.Peer", "GetMachineId")]
    [InlineData("busctl", "--address={0}", "call", "org.virthandover.Handover1", Root, "org.freedesktop.DBus.Peer", "Ping")]
    [InlineData("/usr/bin/python3", "-c", PythonClient, "{0}")]
    public async Task Other_libraries_are_content_with_it(string program, params string[] arguments)
    {
        await using var server = await ServeAsync();
        string Filled(string argument) => argument is "{0}" or "--address={0}" ? argument.Replace("{0}", bus.Address, StringComparison.Ordinal) : argument;
        using var process = Process.Start(new ProcessStartInfo(program, arguments.Select(Filled))
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        var (said, complained) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        Assert.Equal((0, ""), (process.ExitCode, await complained));
        var expected = arguments switch
        {
            [_, "introspect", _, Root] => new[] { ".HandoverEnded", ".NotifyUpdate", ".QueueState", "\"running\"", ".GetManagedObjects", ".InterfacesAdded" },
            [_, "introspect", ..] => [".Approve", ".Findings", "a(sss)", "\"web\"", ".PropertiesChanged"],
            [_, "tree", ..] => ["/domain/6a2c8b1e_0000_4000_8000_0123456789ab"],
            [_, _, _, _, _, "GetMachineId"] => [(await File.ReadAllTextAsync("/etc/machine-id")).Trim()],
            [_, _, _, _, _, "Ping"] => [""],
            _ => ["web pending Approve\nadded /org/virthandover/Handover1/domain/"],
        };
        Assert.All(expected, words => Assert.Contains(words, said.Result, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Manager")]
    [InlineData("Domain")]
    public async Task Every_member_is_explained_right_above_it(string name)
    {
        var text = await File.ReadAllTextAsync(Path.Combine(Repository.Root, "data", "dbus", $"org.virthandover.Handover1.{name}.xml"));
        foreach (var member in Interface(text, $"org.virthandover.Handover1.{name}").Elements())
        {
            var comment = member.NodesBeforeSelf().Reverse().FirstOrDefault(node => node is not XText) as XComment;
            var title = (string)member.Attribute("name")! + ":";
            Assert.True(comment?.Value.TrimStart().StartsWith(title, StringComparison.Ordinal), $"{title} has no comment of its own.");
            foreach (var argument in member.Elements("arg"))
                Assert.Contains($"@{(string)argument.Attribute("name")!}:", comment!.Value, StringComparison.Ordinal);
        }
    }

    // Its proxies take their methods' types from introspection.
    private const string PythonClient = """
        import sys, dbus, dbus.bus
        bus = dbus.bus.BusConnection(sys.argv[1])
        root = bus.get_object("org.virthandover.Handover1", "/org/virthandover/Handover1")
        objects = dbus.Interface(root, "org.freedesktop.DBus.ObjectManager").GetManagedObjects()
        for path, interfaces in objects.items():
            domain = interfaces["org.virthandover.Handover1.Domain"]
            again = dbus.Interface(bus.get_object("org.virthandover.Handover1", path), "org.freedesktop.DBus.Properties")
            assert again.GetAll("org.virthandover.Handover1.Domain") == domain
            assert again.Get("org.virthandover.Handover1.Domain", "Name") == domain["Name"]
            text = dbus.Interface(bus.get_object("org.virthandover.Handover1", path), "org.freedesktop.DBus.Introspectable").Introspect()
            print(domain["Name"], domain["State"], "Approve" if '<method name="Approve">' in text else "")
            print("added", path)
        """;

    private static readonly Dictionary<string, InterfaceDefinition> s_definitions =
        new[] { ManagerContract.Definition, DomainContract.Definition }.ToDictionary(definition => definition.Name);

    public static TheoryData<string> Definitions =>
        [.. Directory.EnumerateFiles(Path.Combine(Repository.Root, "data", "dbus"), "*.xml").Select(file => Path.GetFileNameWithoutExtension(file))];

    private Task<HandoverServer> ServeAsync() => HandoverServer.StartAsync(
        bus.Address, new FakeRequests(), Sample.Host(Sample.Domain(Sample.Web, "web")), CancellationToken.None);

    private static async Task<string> IntrospectAsync(BusConnection client, string path) => (await client.CallAsync(
        new BusRequest("org.virthandover.Handover1", path, "org.freedesktop.DBus.Introspectable", "Introspect"), CancellationToken.None))[0].AsText();

    private static IEnumerable<XElement> Interfaces(string xml) => Parse(xml).Elements("interface");

    private static XElement Interface(string xml, string name) => Interfaces(xml).Single(element => (string?)element.Attribute("name") == name);

    private static XElement Parse(string xml)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader).Root!;
    }

    private static string Describe(XElement member)
    {
        var name = (string)member.Attribute("name")!;
        switch (member.Name.LocalName)
        {
            case "property":
                Assert.Equal("read", (string?)member.Attribute("access"));
                var change = (string?)member.Elements("annotation")
                    .SingleOrDefault(one => (string?)one.Attribute("name") == "org.freedesktop.DBus.Property.EmitsChangedSignal")?.Attribute("value");
                Assert.Contains(change, new[] { null, "const", "false" });
                var kind = change switch { null => PropertyChange.Announced, "const" => PropertyChange.Constant, _ => PropertyChange.Silent };
                return $"property {name} {(string)member.Attribute("type")!} {kind}";
            case "method":
                return $"method {name} in {Arguments("in")} out {Arguments("out")}";
            default:
                return $"{member.Name} {name} {Arguments(null)}";
        }

        string Arguments(string? direction) => string.Join(',', member.Elements("arg")
            .Where(one => (string?)one.Attribute("direction") == direction)
            .Select(one => $"{(string)one.Attribute("type")!} {(string)one.Attribute("name")!}"));
    }
}
