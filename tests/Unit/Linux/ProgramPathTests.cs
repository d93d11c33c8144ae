using System.ComponentModel;
using VirtHandover.Linux;

namespace VirtHandover.Tests.Unit.Linux;

public sealed class ProgramPathTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void The_first_directory_that_has_a_program_of_this_name_decides()
    {
        var first = Directory.CreateDirectory(Path.Combine(_directory.Path, "first")).FullName;
        Directory.CreateDirectory(Path.Combine(first, "tool"));
        var second = Directory.CreateDirectory(Path.Combine(_directory.Path, "second")).FullName;
        File.WriteAllText(Path.Combine(second, "tool"), "not to be run");
        var tool = _directory.Script("tool", "exit 0");
        Assert.Equal(tool, ProgramPath.Of("tool", $"/nowhere:{first}:{second}:{_directory.Path}"));
        Assert.Equal("/usr/bin/env", ProgramPath.Of("env", null));
        Assert.Equal("./tool", ProgramPath.Of("./tool", _directory.Path));
    }

    [Theory]
    [InlineData("")]
    [InlineData(".")]
    [InlineData("{0}")]
    [InlineData(":{0}:./{0}")]
    public void A_directory_that_depends_on_where_the_process_is_is_not_looked_into(string path)
    {
        _directory.Script("no-such-tool", "exit 0");
        var relative = Path.GetRelativePath(Environment.CurrentDirectory, _directory.Path);
        Assert.True(File.Exists(Path.Combine(relative, "no-such-tool")));
        Assert.Contains(
            "no-such-tool",
            Assert.Throws<Win32Exception>(() => ProgramPath.Of("no-such-tool", path.Replace("{0}", relative, StringComparison.Ordinal))).Message,
            StringComparison.Ordinal);
    }
}
