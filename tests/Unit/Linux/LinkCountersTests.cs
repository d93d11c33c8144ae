using CsCheck;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public class LinkCountersTests
{
    [Fact]
    public void An_interface_that_is_there_has_counters_and_another_has_none()
    {
        Assert.True(LinkCounters.Read("lo").Taken >= 0);
        Assert.Contains("no-such-if", Assert.Throws<LinuxException>(() => LinkCounters.Read("no-such-if")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Any_bytes_are_counters_or_none() => Gen.Byte.Array[0, 300].Sample(bytes =>
    {
        byte[] answer = [.. bytes];
        if (answer.Length > 6)
            (answer[4], answer[5]) = (92, 0);
        _ = LinkCounters.Parse(answer);
    });

    [Fact]
    public void The_difference_of_two_is_what_came_in_between() =>
        Assert.Equal(new LinkCounters(3, 1), new LinkCounters(5, 1) + new LinkCounters(5, 4) - new LinkCounters(7, 4));
}
