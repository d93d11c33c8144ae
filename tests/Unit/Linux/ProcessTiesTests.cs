using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

/// <summary>What the kernel ties to a process: read of real ones, and compared.</summary>
public sealed class ProcessTiesTests
{
    private static readonly ThreadAttributes Ordinary = ThreadAttributes.Of(Environment.ProcessId);

    [Fact]
    public void A_process_has_what_it_has()
    {
        var ties = ProcessTies.Of(Environment.ProcessId);
        Assert.Empty(ties.Differences(ProcessTies.Of(Environment.ProcessId)));
        Assert.Superset(
            new HashSet<string> { "OOM score", "limit 'Max open files'", "mnt namespace", "user ids", "permitted capabilities", "control groups", "personality" },
            ties.Values.Keys.ToHashSet());
        Assert.Empty(ProcessTies.ObstaclesOf(Environment.ProcessId));
    }

    [Theory]
    [InlineData("OOM score", "-900", "The OOM score of the new QEMU is '0', that of the old one '-900'.")]
    [InlineData("time namespace", "time:[1]", "The time namespace of the new QEMU is 'none', that of the old one 'time:[1]'.")]
    public void A_difference_is_a_sentence(string name, string old, string sentence)
    {
        var source = new ProcessTies(new Dictionary<string, string> { [name] = old, ["same"] = "1" });
        var target = new ProcessTies(name == "OOM score"
            ? new Dictionary<string, string> { [name] = "0", ["same"] = "1" }
            : new Dictionary<string, string> { ["same"] = "1" });
        Assert.Equal(sentence, Assert.Single(source.Differences(target)));
    }

    [Theory]
    [InlineData("000001fffeffffff", "0000000000ac51ef", true)]
    [InlineData("0000000000ac51ef", "000001fffeffffff", false)]
    [InlineData("none", "000001fffeffffff", false)]
    public void Less_to_gain_is_no_difference_and_more_is(string old, string now, bool alike) => Assert.Equal(
        alike,
        new ProcessTies(new Dictionary<string, string> { ["capability bounding set"] = old })
            .Differences(new ProcessTies(new Dictionary<string, string> { ["capability bounding set"] = now })).Count == 0);

    [Theory]
    [InlineData("5000 6000", "6000 6000", true)]
    [InlineData("5000 6000", "5500 6000", false)]
    [InlineData("5000 6000", "6000 7000", false)]
    [InlineData("5000 6000", "4000 4000", false)]
    public void A_QEMU_that_raises_its_open_files_to_what_it_may_is_alike(string old, string now, bool alike) => Assert.Equal(
        alike,
        new ProcessTies(new Dictionary<string, string> { ["limit 'Max open files'"] = old })
            .Differences(new ProcessTies(new Dictionary<string, string> { ["limit 'Max open files'"] = now })).Count == 0);

    [Fact]
    public void What_no_other_process_can_be_given_is_told_before_one_is_started()
    {
        var own = new ProcessTies(new Dictionary<string, string> { ["user namespace"] = "user:[1]", ["personality"] = "00000000", ["transparent huge pages"] = "1" });
        Assert.Empty(own.Obstacles(own, [Ordinary], ["res:/\nmon:/"]));
        Assert.Contains("user namespace", Only(own with { Values = With("user namespace", "user:[2]") }, Ordinary, ""), StringComparison.Ordinal);
        Assert.Contains("personality 0040000", Only(own with { Values = With("personality", "0040000") }, Ordinary, ""), StringComparison.Ordinal);
        Assert.Contains("huge pages", Only(own with { Values = With("transparent huge pages", "0") }, Ordinary, ""), StringComparison.Ordinal);
        Assert.Contains("deadline", Only(own, Ordinary with { Policy = 6 }, ""), StringComparison.Ordinal);
        Assert.Contains("resctrl", Only(own, Ordinary, "res:/qemu-1-a-vcpus_0\nmon:/"), StringComparison.Ordinal);

        Dictionary<string, string> With(string name, string value) => new(own.Values) { [name] = value };
        string Only(ProcessTies ties, ThreadAttributes thread, string group) => Assert.Single(ties.Obstacles(own, [thread], [group]));
    }
}
