using System.Diagnostics;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Linux.Proc;
using VirtHandover.Tests.Unit.Detection;

namespace VirtHandover.Tests.Unit.Handover;

public sealed class SavedQemuTests : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    private string Program => Path.Combine(_directory.Path, "usr", "bin", "emulator");

    private string Tree => Path.Combine(_directory.Path, "cache", "old");

    public void Dispose() => _directory.Dispose();

    [Fact]
    public void A_program_whose_file_is_gone_runs_again_beside_the_directories_of_the_host()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Program)!);
        Directory.CreateDirectory(Path.Combine(_directory.Path, "usr", "share"));
        string beside = Directory.CreateDirectory(Path.Combine(_directory.Path, "usr", "bin", "beside")).FullName;
        FakeEmulator.Install("/bin/sh", Program);
        using var running = new FakeEmulator(Program, Guid.NewGuid());
        byte[] content = File.ReadAllBytes(Program);
        File.Delete(Program);

        string saved = SavedQemu.Save(ProcessIdentity.Read(ProcRoot.Host, running.ProcessId), Program, Tree);
        Assert.Equal(Tree + Program, saved);
        Assert.Equal(content, File.ReadAllBytes(saved));
        using var again = Process.Start(saved, ["-c", "exit 7"]);
        again.WaitForExit();
        Assert.Equal(7, again.ExitCode);
        // Firmware is looked for in ../share of the program.
        Assert.Equal(Path.Combine(_directory.Path, "usr", "share"), new DirectoryInfo(Tree + Path.Combine(_directory.Path, "usr", "share")).LinkTarget);
        // So are directories beside what was copied: ROMs in lib, where the modules are.
        Assert.Equal(beside, new DirectoryInfo(Tree + beside).LinkTarget);
        Assert.Equal((UnixFileMode)0x1ed, File.GetUnixFileMode(Tree));
    }

    [Fact]
    public void It_sees_its_own_modules_and_not_those_of_the_QEMU_that_is_installed_now()
    {
        string modules = Path.Combine(_directory.Path, "usr", "lib", "x86_64-linux-gnu", "qemu"), firmware = Path.Combine(_directory.Path, "usr", "lib", "ipxe");
        Directory.CreateDirectory(modules);
        Directory.CreateDirectory(firmware);
        Directory.CreateDirectory(Path.GetDirectoryName(Program)!);
        FakeEmulator.Install("/bin/sh", Program);
        File.WriteAllText(Path.Combine(modules, "accel.so"), "old");
        var build = new QemuBuild(Program, "7.2.0", "", new FileBuilds().Of(Program)!);
        var kept = new KeptModules(Path.Combine(_directory.Path, "cache", "modules"));
        kept.Keep([build], [build]);
        using var running = new FakeEmulator(Program, Guid.NewGuid());
        File.Delete(Program);
        File.WriteAllText(Path.Combine(modules, "accel.so"), "new");
        File.WriteAllText(Path.Combine(modules, "more.so"), "new");

        SavedQemu.Save(ProcessIdentity.Read(ProcRoot.Host, running.ProcessId), Program, Tree, kept.Of(build));
        Assert.Equal([Tree + modules + "/accel.so"], Directory.EnumerateFiles(Tree + modules));
        Assert.Equal("old", File.ReadAllText(Tree + modules + "/accel.so"));
        Assert.Equal(firmware, new DirectoryInfo(Tree + firmware).LinkTarget);
    }

    [Fact]
    public void A_process_that_has_ended_is_no_QEMU_to_save()
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Program)!);
        FakeEmulator.Install("/bin/sh", Program);
        ProcessIdentity ended;
        using (var running = new FakeEmulator(Program, Guid.NewGuid()))
            ended = ProcessIdentity.Read(ProcRoot.Host, running.ProcessId);
        Assert.ThrowsAny<Exception>(() => SavedQemu.Save(ended, Program, Tree));
    }
}
