using System.Runtime.InteropServices;
using VirtHandover.Handover.Recovery;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Handover;

/// <summary>
/// Holds the locks of the images of VMs that are out of libvirt's sight, as long as a process of theirs lives: a QEMU holds them only while its
/// guest is active, and one that a guest has taken over holds what it likes. For whoever starts such a VM past libvirt, or whose libvirt
/// knows no hooks. Images that several VMs may write to have no such locks.
/// </summary>
/// <param name="journals">The directory of journals.</param>
/// <param name="paths">Where libvirt's files are.</param>
public sealed class StrandedDisks(string journals, LibvirtPaths paths) : IDisposable
{
    private static readonly TimeSpan LookPause = TimeSpan.FromSeconds(2);

    /// <summary>While something is held: whoever settles a VM waits for its images.</summary>
    private static readonly TimeSpan HeldPause = TimeSpan.FromMilliseconds(100);

    private readonly Dictionary<long, Held> _held = [];

    /// <summary>Takes the locks of one image; null when they cannot be had. May take for ever: an image lies where it lies.</summary>
    internal Func<string, IDisposable?> Lock { get; init; } = ImageLock.TryTake;

    /// <summary>Looks until it is cancelled.</summary>
    /// <param name="stopping">Stops it.</param>
    public async Task RunAsync(CancellationToken stopping)
    {
        new StartGuard(paths).Sweep();
        while (!stopping.IsCancellationRequested)
        {
            Look();
            await Task.Delay(_held.Count > 0 ? HeldPause : LookPause, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Takes the locks of VMs that have been stranded since the last look, and gives back those of VMs that no longer are.</summary>
    internal void Look()
    {
        Dictionary<long, HandoverTrace> stranded;
        try
        {
            stranded = new Stranding(paths).Hidden(journals).Where(one => StrandedVms.Lives(one.Trace)).ToDictionary(one => one.Id, one => one.Trace);
        }
        catch (Exception exception) when (exception is LinuxException or IOException or UnauthorizedAccessException)
        {
            return; // the next look sees more
        }

        foreach (var id in _held.Keys.Except(stranded.Keys).ToList())
            Release(id);
        foreach (var (id, trace) in stranded.Where(one => !_held.ContainsKey(one.Key)).ToList())
        {
            if (Stranding.TryMarkHeld(trace) is { } mark)
                _held[id] = new Held(mark, Sources(trace.HiddenStatusPath), Start);
        }

        // Somebody may have had one in the moment when it was tried.
        foreach (var held in _held.Values)
            held.TryAgain(LookPause);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var id in _held.Keys.ToList())
            Release(id);
    }

    private static List<string> Sources(string statusPath)
    {
        try
        {
            return [.. StatusFile.Read(statusPath).Domain.Disks
                .Where(disk => disk is { Type: "file" or "block", IsReadOnly: false, IsShareable: false, Source.Length: > 0 })
                .Select(disk => disk.Source)];
        }
        catch (StatusFileException)
        {
            return []; // it has just been put back
        }
    }

    // Each on its own: one on a server that does not answer must not keep the others from being held, nor the worker from ending.
    private Task<IDisposable?> Start(string source) =>
        Task.Factory.StartNew(() => Lock(source), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private void Release(long id)
    {
        if (_held.Remove(id, out var held))
            held.Release();
    }

    /// <summary>The images of one VM.</summary>
    /// <param name="mark">Is let go of with the last of them.</param>
    /// <param name="sources">The images.</param>
    /// <param name="start">Begins to take the locks of one.</param>
    private sealed class Held(SafeHandle mark, IReadOnlyList<string> sources, Func<string, Task<IDisposable?>> start)
    {
        private readonly List<(string Source, Task<IDisposable?> Locks)> _images = [.. sources.Select(source => (source, start(source)))];
        private long _tried = TimeProvider.System.GetTimestamp();

        internal void TryAgain(TimeSpan pause)
        {
            if (TimeProvider.System.GetElapsedTime(_tried) < pause)
                return;
            _tried = TimeProvider.System.GetTimestamp();
            for (var at = 0; at < _images.Count; at++)
            {
                if (_images[at] is { Locks: { IsCompletedSuccessfully: true, Result: null } } image)
                    _images[at] = (image.Source, start(image.Source));
            }
        }

        internal void Release() => Then(
            Task.WhenAll(_images.Select(image => Then(image.Locks, () =>
            {
                if (image.Locks.IsCompletedSuccessfully)
                    image.Locks.Result?.Dispose();
            }))),
            mark.Dispose);

        private static Task Then(Task task, Action action) =>
            task.ContinueWith(_ => action(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
