using VirtHandover.Configuration;

namespace VirtHandover.Tests.Unit.Configuration;

/// <summary>What stands in a file of settings, and where.</summary>
public sealed class IniFileTests
{
    [Fact]
    public void Each_key_has_its_value_its_section_and_its_line() => Assert.Equal(
        [
            new IniEntry("a.conf", 3, "Queue", "Window", "Sun 02:00-04:00"),
            new IniEntry("a.conf", 4, "Queue", "Empty", ""),
            new IniEntry("a.conf", 6, "Service", "Mode", "a=b ; c"),
            new IniEntry("a.conf", 7, "Service", "Quoted", "\""),
            new IniEntry("a.conf", 8, "Service", "window", "  kept  "),
        ],
        IniFile.Read("a.conf", "# one\n[Queue]\nWindow = \"Sun 02:00-04:00\"\nEmpty=\n[ Service ]\nMode=a=b ; c\n Quoted=\"\n\twindow=\"  kept  \"\n; two\n/ three\n"));

    [Theory]
    [InlineData("Mode=a\n[Service]\nMode=a\n")]
    [InlineData("[A]\nx=1\n[B]\nx=1\n")]
    public void One_key_of_two_sections_is_two_keys(string text) => Assert.Equal(2, IniFile.Read("a.conf", text).Count);

    [Theory]
    [InlineData("[A]\nx=1\nX=2\n", "line 3: the key X of section [A] was already set in line 2")]
    [InlineData("[A]\nx=1\n[B]\n[a]\nx=2\n", "line 5: the key x of section [a] was already set in line 2")]
    [InlineData("[A\n", "line 1: \"[A\" is neither")]
    public void What_is_wrong_is_said_with_its_line(string text, string said) =>
        Assert.Contains(said, Assert.Throws<ConfigurationException>(() => IniFile.Read("a.conf", text)).Message, StringComparison.Ordinal);
}
