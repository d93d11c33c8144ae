using System.Diagnostics;
using VirtHandover.Linux.Launch;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Linux.Launch;

/// <summary>The way to a program: who owns each step, and who may write it. The temporary directory is the root, its owner is root.</summary>
public sealed class TrustedProgramTests : IDisposable
{
    private const UnixFileMode Usual = (UnixFileMode)0b111_101_101;

    private readonly TemporaryDirectory _directory = new();
    private readonly uint _owner;

    public TrustedProgramTests()
    {
        _owner = FileIdentity.Of(_directory.Path)!.Value.UserId;
        Directory.CreateDirectory(At("usr/bin"));
        foreach (var directory in (string[])["", "usr", "usr/bin"])
            File.SetUnixFileMode(At(directory), Usual);
        File.WriteAllText(At("usr/bin/qemu"), "\u007fELF");
        File.WriteAllText(At("usr/bin/script"), "#!/usr/bin/qemu -x y\n");
        File.SetUnixFileMode(At("usr/bin/qemu"), Usual);
        File.SetUnixFileMode(At("usr/bin/script"), Usual);
        File.CreateSymbolicLink(At("bin"), "usr/bin");
        File.CreateSymbolicLink(At("usr/bin/link"), "/bin/../bin/./qemu");
    }

    public void Dispose() => _directory.Dispose();

    [Theory]
    [InlineData("/usr/bin/qemu", null)]
    [InlineData("/bin/qemu", null)]
    [InlineData("/usr/bin/link", null)]
    // Above its root there is nothing.
    [InlineData("/../../bin/qemu", null)]
    [InlineData("/usr/bin/script", "/usr/bin/qemu")]
    public void A_program_of_root_s_is_found_through_links_of_root_s(string path, string? interpreter)
    {
        using var program = Open(path);
        Assert.Equal(interpreter is null ? "/usr/bin/qemu" : path, program.Path);
        Assert.Equal(FileIdentity.Of(At(program.Path)), FileIdentity.Of(program.File));
        Assert.Equal(FileIdentity.Of(At("usr/bin")), FileIdentity.Of(program.Directory));
        Assert.Equal(Path.GetFileName(program.Path), program.Name);
    }

    [Theory]
    [InlineData("usr/bin/qemu", 0b111_111_101, "mode 775")]
    [InlineData("usr/bin/qemu", 0b111_101_111, "mode 757")]
    [InlineData("usr/bin", 0b111_111_101, "leads through /usr/bin, which can be written")]
    [InlineData("usr", 0b1_111_111_111, "leads through /usr, which can be written")]
    [InlineData("", 0b1_111_111_111, "leads through /, which can be written")]
    [InlineData("usr/bin/qemu", 0b100_111_101_101, "takes the ids")]
    [InlineData("usr/bin/qemu", 0b110_100_100, "is not executable")]
    public void What_others_may_write_is_refused_with_the_step(string what, int mode, string why)
    {
        File.SetUnixFileMode(At(what), (UnixFileMode)mode);
        Assert.Contains(why, Assert.Throws<UntrustedProgramException>(() => Open("/usr/bin/qemu")).Message, StringComparison.Ordinal);
        // And so is a script that the same program reads.
        Assert.Contains(why, Assert.Throws<UntrustedProgramException>(() => Open("/usr/bin/script")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Somebody_else_s_file_is_refused_with_its_owner()
    {
        using var root = TrustedProgram.OpenRoot(_directory.Path);
        var refused = Assert.Throws<UntrustedProgramException>(() => TrustedProgram.Open(root, "/usr/bin/qemu", _owner + 1));
        Assert.Contains($"belongs to user {_owner}", refused.Message, StringComparison.Ordinal);
        Assert.False(refused.IsMissing);
    }

    [Theory]
    [InlineData("/usr/bin/none", true)]
    [InlineData("/usr/bin/qemu/none", false)]
    [InlineData("/usr/bin", false)]
    [InlineData("/usr/bin/", false)]
    [InlineData("usr/bin/qemu", false)]
    [InlineData("/usr/bin/q\0", false)]
    [InlineData("/usr/bin/loop", false)]
    [InlineData("/usr/bin/fifo", false)]
    public void What_is_no_program_is_refused(string path, bool isMissing)
    {
        File.CreateSymbolicLink(At("usr/bin/loop"), "loop");
        using (var make = Process.Start("mkfifo", At("usr/bin/fifo")))
            make.WaitForExit();
        Assert.Equal(isMissing, Assert.Throws<UntrustedProgramException>(() => Open(path)).IsMissing);
    }

    [Theory]
    [InlineData("#! \t /usr/bin/qemu\targument\n", "/usr/bin/qemu")]
    [InlineData("#!/usr/bin/qemu", "/usr/bin/qemu")]
    [InlineData("#", null)]
    [InlineData("", null)]
    public void An_interpreter_is_read_as_the_kernel_reads_it(string head, string? interpreter)
    {
        File.WriteAllText(At("usr/bin/other"), head);
        File.SetUnixFileMode(At("usr/bin/other"), Usual);
        using var root = TrustedProgram.OpenRoot(_directory.Path);
        using var program = TrustedProgram.Open(root, "/usr/bin/other", _owner);
        Assert.Equal(interpreter, program.Interpreter);
    }

    [Theory]
    [InlineData("#!\n")]
    [InlineData("#!relative\n")]
    [InlineData("#!/usr/bin/none\n")]
    [InlineData("#!/usr/bin/other\n")]
    public void A_script_without_an_interpreter_of_root_s_is_refused(string head)
    {
        File.WriteAllText(At("usr/bin/other"), head);
        File.SetUnixFileMode(At("usr/bin/other"), Usual);
        Assert.Throws<UntrustedProgramException>(() => Open("/usr/bin/other"));
    }

    private TrustedProgram Open(string path)
    {
        using var root = TrustedProgram.OpenRoot(_directory.Path);
        return TrustedProgram.Open(root, path, _owner);
    }

    private string At(string path) => Path.Join(_directory.Path, path);
}
