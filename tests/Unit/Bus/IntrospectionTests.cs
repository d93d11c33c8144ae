using System.Xml;
using System.Xml.Linq;
using VirtHandover.Bus;
using VirtHandover.Server;

namespace VirtHandover.Tests.Unit.Bus;

/// <summary>The documented XML is the contract: what the service shows must be the same, member by member.</summary>
public sealed class IntrospectionTests(PrivateBus bus) : IClassFixture<PrivateBus>
{
    [Theory(Timeout = 30_000)]
    [InlineData("org.virthandover.Handover1.Manager", "/org/virthandover/Handover1")]
    [InlineData("org.virthandover.Handover1.Domain", "/org/virthandover/Handover1/domain/6a2c8b1e_0000_4000_8000_0123456789ab")]
    public async Task The_service_is_what_its_XML_says(string name, string path)
    {
        await using var server = await HandoverServer.StartAsync(
            bus.Address, new FakeRequests(), Sample.Host(Sample.Domain(Sample.Web, "web")), CancellationToken.None);
        await using var client = await bus.ConnectAsync();
        var reply = await client.CallAsync(
            new BusRequest("org.virthandover.Handover1", path, "org.freedesktop.DBus.Introspectable", "Introspect"), CancellationToken.None);

        var shown = Members(reply[0].AsText(), name);
        var documented = Members(await File.ReadAllTextAsync(Path.Combine(Repository.Root, "data", "dbus", name + ".xml")), name);

        Assert.NotEmpty(documented);
        Assert.Equal(documented, shown);
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

    private static List<string> Members(string xml, string name) =>
        [.. Interface(xml, name).Elements().Select(Describe).Order(StringComparer.Ordinal)];

    private static XElement Interface(string xml, string name)
    {
        using var reader = XmlReader.Create(new StringReader(xml), new XmlReaderSettings { DtdProcessing = DtdProcessing.Ignore });
        return XDocument.Load(reader).Root!.Elements("interface").Single(element => (string?)element.Attribute("name") == name);
    }

    private static string Describe(XElement member)
    {
        var attributes = member.Attributes().OrderBy(attribute => attribute.Name.LocalName, StringComparer.Ordinal)
            .Select(attribute => $"{attribute.Name.LocalName}={attribute.Value}");
        return $"{member.Name.LocalName} {string.Join(' ', attributes)} [{string.Join("; ", member.Elements().Select(Describe))}]";
    }
}
