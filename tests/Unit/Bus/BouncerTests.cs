using VirtHandover.Bus.Contract;

namespace VirtHandover.Tests.Unit.Bus;

public class BouncerTests
{
    private const string Manager = "org.virthandover.Handover1.Manager";
    private const string Domain = "org.virthandover.Handover1.Domain";

    // One row for each row of the table.
    [Theory]
    [InlineData(Manager, "NotifyUpdate", false)]
    [InlineData(Manager, "Rescan", false)]
    [InlineData(Manager, "Run", false)]
    [InlineData(Manager, "History", true)]
    [InlineData(Manager, "PauseQueue", false)]
    [InlineData(Manager, "ResumeQueue", false)]
    [InlineData(Manager, "AssessAll", false)]
    [InlineData(Domain, "Undefer", false)]
    [InlineData(Domain, "SetPolicy", false)]
    [InlineData(Domain, "Prepare", false)]
    [InlineData(Domain, "Approve", false)]
    [InlineData(Domain, "Defer", false)]
    [InlineData(Domain, "Cancel", false)]
    [InlineData(Domain, "Retry", false)]
    public void Root_may_and_others_may_only_read(string name, string member, bool others)
    {
        Assert.True(Bouncer.Allows(name, member, 0));
        Assert.Equal(others, Bouncer.Allows(name, member, 1));
        Assert.Equal(others, Bouncer.Allows(name, member, uint.MaxValue));
    }

    [Theory]
    [InlineData(Manager, "Approve")]
    [InlineData(Manager, "notifyupdate")]
    [InlineData(Domain, "History")]
    [InlineData("", "")]
    [InlineData("org.example", "Run")]
    public void What_is_not_in_the_table_is_denied_to_root_as_well(string name, string member) =>
        Assert.False(Bouncer.Allows(name, member, 0));

    [Fact]
    public void Every_exported_method_has_its_row_and_no_row_is_without_a_method()
    {
        var exported = new[] { ManagerContract.Definition, DomainContract.Definition }
            .SelectMany(definition => definition.Methods.Select(method => (definition.Name, method.Name)));
        Assert.Equal(exported.Order(), Bouncer.Table.Keys.Order());
    }
}
