using System.Net;
using CsCheck;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;

namespace VirtHandover.Tests.Unit.Linux.Launch;

public sealed class ExpectedBindTests
{
    private static readonly ExpectedBind[] s_expected = [new("SPICE", "127.0.0.1", 5900), new("SPICE with TLS", "127.0.0.1", 5901), new("Other", "spice.example", 5902), new("All", "", 5903)];

    [Theory]
    [InlineData("127.0.0.1:5900", 0)]
    [InlineData("127.0.0.1:5901", 1)]
    [InlineData("127.0.0.2:5900", -1)]
    [InlineData("0.0.0.0:5900", -1)]
    [InlineData("[::1]:5900", -1)]
    [InlineData("127.0.0.1:5999", -1)]
    [InlineData("192.0.2.7:5902", 2)]
    [InlineData("[2001:db8::7]:5902", 2)]
    [InlineData("0.0.0.0:5903", 3)]
    [InlineData("[::]:5903", 3)]
    [InlineData("127.0.0.1:0", -1)]
    public void Only_what_the_command_line_names_is_taken_for_it(string place, int index)
    {
        var asked = IPEndPoint.Parse(place);
        Assert.Equal(index, ExpectedBind.Find(s_expected, ListenAddress.Write(asked), out var seen));
        Assert.Equal(asked, seen);
    }

    [Theory]
    [InlineData("")]
    [InlineData("02")]
    [InlineData("01002f72756e00")]
    [InlineData("0200170c7f0000")]
    [InlineData("0a00170c00000000")]
    public void Other_families_and_halves_of_addresses_are_left_alone(string hex) =>
        Assert.Equal(-1, ExpectedBind.Find(s_expected, Convert.FromHexString(hex), out _));

    [Fact]
    public void Random_bytes_are_never_more_than_an_address() =>
        Gen.Byte.Array[0, ListenAddress.Longest].Sample(bytes => ExpectedBind.Find(s_expected, bytes, out _) < s_expected.Length);

    [Theory]
    [InlineData("127.0.0.1:5900")]
    [InlineData("0.0.0.0:1")]
    [InlineData("[::]:65535")]
    [InlineData("[fe80::1%3]:5900")]
    public void An_address_is_read_as_it_was_written(string place) =>
        Assert.Equal(IPEndPoint.Parse(place), ListenAddress.Read(ListenAddress.Write(IPEndPoint.Parse(place))));
}
