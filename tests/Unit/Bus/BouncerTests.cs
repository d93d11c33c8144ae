using VirtHandover.Bus.Contract;

namespace VirtHandover.Tests.Unit.Bus;

public class BouncerTests
{
    private const string Manager = "org.virthandover.Handover1.Manager";
    private const string Domain = "org.virthandover.Handover1.Domain";

    // One row for each row of the table.
    [Theory]
    [InlineData(Manager, "NotifyUpdate", null)]
    [InlineData(Manager, "History", "view")]
    [InlineData(Manager, "Rescan", "approve")]
    [InlineData(Manager, "AssessAll", "approve")]
    [InlineData(Manager, "Run", "manage")]
    [InlineData(Manager, "PauseQueue", "manage")]
    [InlineData(Manager, "ResumeQueue", "manage")]
    [InlineData(Domain, "Approve", "approve")]
    [InlineData(Domain, "Defer", "approve")]
    [InlineData(Domain, "Undefer", "approve")]
    [InlineData(Domain, "Cancel", "approve")]
    [InlineData(Domain, "Retry", "approve")]
    [InlineData(Domain, "SetPolicy", "manage")]
    [InlineData(Domain, "Prepare", "manage")]
    public void Root_may_and_polkit_decides_about_others(string name, string member, string? action)
    {
        var access = Bouncer.Table.GetValueOrDefault((name, member));
        Assert.True(Bouncer.Allows(access, 0));
        Assert.Equal(action is null ? false : null, Bouncer.Allows(access, 1));
        Assert.Equal(action is null ? false : null, Bouncer.Allows(access, uint.MaxValue));
        Assert.Equal(action is null ? null : "org.virthandover.handover1." + action, Bouncer.ActionOf(access));
    }

    [Theory]
    [InlineData(Manager, "Approve")]
    [InlineData(Manager, "notifyupdate")]
    [InlineData(Domain, "History")]
    [InlineData("", "")]
    [InlineData("org.example", "Run")]
    public void What_is_not_in_the_table_is_denied_to_root_as_well(string name, string member) =>
        Assert.False(Bouncer.Allows(Bouncer.Table.GetValueOrDefault((name, member)), 0));

    [Fact]
    public void Every_exported_method_has_its_row_and_no_row_is_without_a_method()
    {
        var exported = new[] { ManagerContract.Definition, DomainContract.Definition }
            .SelectMany(definition => definition.Methods.Select(method => (definition.Name, method.Name)));
        Assert.Equal(exported.Order(), Bouncer.Table.Keys.Order());
    }

    [Fact]
    public void Every_action_of_the_table_is_described_for_polkit_and_no_other()
    {
        var described = System.Xml.Linq.XDocument.Parse(
                File.ReadAllText(Path.Combine(Repository.Root, "data", "polkit", "org.virthandover.handover1.policy"))
                    .Replace("<!DOCTYPE policyconfig PUBLIC \"-//freedesktop//DTD PolicyKit Policy Configuration 1.0//EN\"\n \"http://www.freedesktop.org/standards/PolicyKit/1/policyconfig.dtd\">", "", StringComparison.Ordinal))
            .Root!.Elements("action").Select(action => (string)action.Attribute("id")!);
        Assert.Equal(Bouncer.Table.Values.Select(Bouncer.ActionOf).OfType<string>().Distinct().Order(), described.Order());
    }
}
