using System.Diagnostics;
using VirtHandover.Detection;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>One VM's files that hang, or are none that anybody should read, cost the others nothing.</summary>
public sealed class DetectorPatienceTests : IDisposable
{
    private const string Library = "/usr/lib64/libfdt.so.1";

    private readonly SyntheticHost _host = new();

    public void Dispose() => _host.Dispose();

    [Fact(Timeout = 60000)]
    public async Task One_that_hangs_is_left_to_itself_and_not_looked_at_a_second_time()
    {
        _host.Install(SyntheticHost.Emulator, 1);
        _host.Start("a-hangs", 101, []);
        _host.Start("b", 102, []);
        using var hanging = new HangingProc(_host.Proc, 101);
        Detector detector = Patient(TimeSpan.FromMilliseconds(300));
        for (int scan = 1; scan <= 3; scan++)
        {
            var watch = Stopwatch.StartNew();
            IReadOnlyList<DetectedDomain> seen = await detector.ScanAsync(default);
            Assert.Equal("", seen.Single(domain => domain.Name == "b").Problem);
            DetectedDomain hung = seen.Single(domain => domain.Name == "a-hangs");
            Assert.Contains(scan == 1 ? "within 0.3 s" : "An earlier look", hung.Problem, StringComparison.Ordinal);
            Assert.Equal(2 * scan, detector.Looks);
            // Only the first waits for it; one thread, not one a scan, hangs.
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(20));
        }

        hanging.LetGo();
        await Task.WhenAny(WholeAsync(), Task.Delay(TimeSpan.FromSeconds(20)));
        Assert.All(await detector.ScanAsync(default), domain => Assert.Equal("", domain.Problem));

        async Task WholeAsync()
        {
            while ((await detector.ScanAsync(default)).Any(domain => domain.Problem.Length > 0))
                await Task.Delay(20);
        }
    }

    [Theory(Timeout = 60000)]
    [InlineData("pipe")]
    [InlineData("directory")]
    [InlineData("holes")]
    [InlineData("written by all")]
    public async Task What_no_package_manager_brought_is_not_read(string kind)
    {
        _host.Install(SyntheticHost.Emulator, 1);
        _host.Install(Library, 2);
        _host.Start("a", 101, [Library]);
        ulong inode = _host.Inode(Library);
        _host.Install(Library, 3);
        _host.KeepsOld(101, Library, inode);
        Detector detector = Patient(TimeSpan.FromSeconds(10));
        Assert.Equal(StalenessKind.Libraries, Assert.Single(Assert.Single(await detector.ScanAsync(default)).Reasons).Kind);

        string mapped = Directory.GetFiles(Path.Combine(_host.Proc.Path, "101", "map_files"))
            .Single(link => new FileInfo(link).LinkTarget!.Contains("libfdt", StringComparison.Ordinal));
        string other = Path.Combine(_host.Proc.Path, "other");
        switch (kind)
        {
            case "pipe":
                using (var mkfifo = Process.Start("mkfifo", ["--mode=0644", other]))
                    await mkfifo.WaitForExitAsync();
                break;
            case "directory":
                Directory.CreateDirectory(other);
                break;
            default:
                await using (var file = File.Create(other))
                    file.SetLength(kind == "holes" ? 1L << 40 : 4096);
                File.SetUnixFileMode(other, kind == "holes" ? (UnixFileMode)0b110_100_100 : (UnixFileMode)0b110_110_110);
                break;
        }

        File.Delete(mapped);
        File.CreateSymbolicLink(mapped, other);
        var watch = Stopwatch.StartNew();
        Assert.Empty(Assert.Single(await detector.ScanAsync(default)).Reasons);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
    }

    private Detector Patient(TimeSpan patience) =>
        new(_host.Libvirt, _host.Libvirt.Paths, _host.Proc, new FakeProbe(), new PackageOwner { Databases = [] }) { Patience = patience };

    /// <summary>
    /// A process whose command line is a pipe that nobody writes to: reading it hangs, as it does where a process's memory lies on a file system that
    /// hangs.
    /// </summary>
    private sealed class HangingProc : IDisposable
    {
        private readonly string _file, _content;
        private bool _letGo;

        public HangingProc(ProcRoot proc, int processId)
        {
            _file = proc.File(processId, "cmdline");
            _content = File.ReadAllText(_file);
            File.Delete(_file);
            using var mkfifo = Process.Start("mkfifo", [_file]);
            mkfifo.WaitForExit();
        }

        public void LetGo()
        {
            if (_letGo)
                return;
            _letGo = true;
            string pipe = _file + ".pipe";
            File.Move(_file, pipe);
            File.WriteAllText(_file, _content);
            // Whoever hangs at it reads that it is empty.
            using (new FileStream(pipe, FileMode.Open, FileAccess.ReadWrite))
            {
            }
        }

        public void Dispose() => LetGo();
    }
}
