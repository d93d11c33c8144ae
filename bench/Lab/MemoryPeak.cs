namespace VirtHandover.Bench.Lab;

/// <summary>
/// Watches how much more memory is in use than before: the private memory of all processes of the lab, and the shared memory of the
/// host, every few ms. It costs CPU, so it watches handovers whose times are not counted.
/// </summary>
internal sealed class MemoryPeak : IDisposable
{
    private readonly Thread _thread;
    private readonly long _before = UsedKibibytes();
    private long _peak;
    private volatile bool _stopped;

    public MemoryPeak()
    {
        _thread = new Thread(Watch) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>Ends watching.</summary>
    /// <returns>The most that was used above what was used at first, MiB.</returns>
    public double Stop()
    {
        _stopped = true;
        _thread.Join();
        return Math.Max(0, _peak - _before) / 1024.0;
    }

    public void Dispose() => _stopped = true;

    private static long UsedKibibytes()
    {
        var sum = ProcStat.Kibibytes("/proc/meminfo", "Shmem");
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), out var id) && id != Environment.ProcessId)
                sum += ProcStat.Kibibytes(directory + "/status", "RssAnon");
        }

        return sum;
    }

    private void Watch()
    {
        using var pause = new ManualResetEventSlim();
        while (!_stopped)
        {
            _peak = Math.Max(_peak, UsedKibibytes());
            pause.Wait(2);
        }
    }
}
