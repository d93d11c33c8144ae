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
                _held[id] = new Held(mark, Take(trace.HiddenStatusPath));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var id in _held.Keys.ToList())
            Release(id);
    }

    // Each on its own: one on a server that does not answer must not keep the others from being held, nor the worker from ending.
    private List<Task<IDisposable?>> Take(string statusPath)
    {
        try
        {
            return [.. StatusFile.Read(statusPath).Domain.Disks
                .Where(disk => disk is { Type: "file" or "block", IsReadOnly: false, IsShareable: false, Source.Length: > 0 })
                .Select(disk => Task.Factory.StartNew(() => Lock(disk.Source), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default))];
        }
        catch (StatusFileException)
        {
            return []; // it has just been put back
        }
    }

    private void Release(long id)
    {
        if (_held.Remove(id, out var held))
            held.Release();
    }

    /// <summary>The images of one VM.</summary>
    /// <param name="Mark">Is let go of with the last of them.</param>
    /// <param name="Images">Their locks, as soon as they are taken.</param>
    private sealed record Held(SafeHandle Mark, IReadOnlyList<Task<IDisposable?>> Images)
    {
        internal void Release() => Then(
            Task.WhenAll(Images.Select(image => Then(image, () =>
            {
                if (image.IsCompletedSuccessfully)
                    image.Result?.Dispose();
            }))),
            Mark.Dispose);

        private static Task Then(Task task, Action action) =>
            task.ContinueWith(_ => action(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
