using System.Diagnostics;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Tests.Unit.Libvirt.Daemon;

/// <summary>A process that holds libvirt's lock as libvirt's daemon does, and ends as a test tells it.</summary>
internal sealed class ObedientDaemon : IDisposable
{
    private const string Program = """
        import fcntl, os, signal, sys, time
        directory, ending = sys.argv[1], sys.argv[2]
        lock = open(os.path.join(directory, 'qemu', 'driver.pid'), 'a')
        def end(*_):
            if os.path.exists(os.path.join(directory, 'deaf')):
                return
            if ending == 'slowly':
                while not os.path.exists(os.path.join(directory, 'may-end')):
                    time.sleep(0.01)
            open(os.path.join(directory, 'ended-well'), 'w').close()
            os._exit(0)
        signal.signal(signal.SIGTERM, end)
        if os.path.exists(os.path.join(directory, 'broken')):
            sys.exit(3)
        fcntl.lockf(lock, fcntl.LOCK_EX)
        print('up', flush=True)
        while True:
            time.sleep(600)
        """;

    private readonly TemporaryDirectory _directory = new();
    private readonly Process _process;

    private ObedientDaemon(string ending)
    {
        Paths = new LibvirtPaths { RunDirectory = _directory.Path };
        Directory.CreateDirectory(Paths.StatusDirectory);
        _process = Process.Start(new ProcessStartInfo("python3", ["-c", Program, _directory.Path, ending]) { RedirectStandardOutput = true })!;
    }

    internal LibvirtPaths Paths { get; }

    internal int Id => _process.Id;

    /// <summary>Who has the lock; null when nobody has.</summary>
    internal int? Holder => FileLock.Holder(Paths.DriverPidFile);

    internal bool EndedWell => File.Exists(Path.Combine(_directory.Path, "ended-well"));

    /// <param name="ending">What it does when it is asked to end: <c>at-once</c>, or <c>slowly</c> (<see cref="LetEnd"/>).</param>
    internal static async Task<ObedientDaemon> Start(string ending = "at-once")
    {
        var daemon = new ObedientDaemon(ending);
        Assert.Equal("up", await daemon._process.StandardOutput.ReadLineAsync());
        return daemon;
    }

    internal LibvirtDaemon Read() => PlainDaemon.Read(ProcessIdentity.Read(ProcRoot.Host, Id), Paths);

    /// <summary>It does not hear any more.</summary>
    internal void Deafen() => Touch("deaf");

    internal void LetEnd() => Touch("may-end");

    /// <summary>The next one does not come up.</summary>
    internal void Break() => Touch("broken");

    internal void Kill()
    {
        _process.Kill();
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (Holder is { } holder and not 0 && holder != Environment.ProcessId)
        {
            using var last = ProcessHandle.Open(holder);
            last.Kill();
            _ = last.WaitForExit(TimeSpan.FromSeconds(10));
            if (holder != Id)
                _ = ProcessSpawner.Reap(last);
        }

        Kill();
        _process.Dispose();
        _directory.Dispose();
    }

    private void Touch(string name) => File.WriteAllText(Path.Combine(_directory.Path, name), "");
}
