using System.Diagnostics;
using Microsoft.Win32.SafeHandles;

namespace VirtHandover.Handover.Phases;

/// <summary>
/// Writes the host's cache of the guest's disks out while the guest runs. QEMU does the same while the guest stands still (<c>stop</c>
/// flushes all disks), and with <c>cache=writeback</c> there may be gigabytes to write.
/// </summary>
internal static class DiskFlush
{
    /// <summary>Flushes until little is left: what the guest writes during a flush that is over at once leaves no more to the pause.</summary>
    /// <param name="begun">The source.</param>
    /// <param name="limit">After that long the disks are left as they are; the pause limit guards the guest.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    internal static async Task SettleAsync(Begun begun, TimeSpan limit, CancellationToken cancellationToken)
    {
        var images = Open(begun);
        try
        {
            var watch = Stopwatch.StartNew();
            TimeSpan last;
            do
            {
                var before = watch.Elapsed;
                await FlushAsync(images, limit - before, cancellationToken).ConfigureAwait(false);
                last = watch.Elapsed - before;
            }
            while (last > begun.Request.MaxPause / 10 && watch.Elapsed < limit);
        }
        finally
        {
            images.ForEach(image => image.Dispose());
        }
    }

    /// <summary>Flushes every disk that the guest may write once, all at the same time.</summary>
    /// <param name="begun">The source.</param>
    /// <param name="limit">How long it is waited for; the kernel goes on for itself.</param>
    internal static async Task OnceAsync(Begun begun, TimeSpan limit)
    {
        var images = Open(begun);
        await FlushAsync(images, limit, CancellationToken.None).ConfigureAwait(false);
        images.ForEach(image => image.Dispose());
    }

    private static async Task FlushAsync(List<SafeFileHandle> images, TimeSpan limit, CancellationToken cancellationToken)
    {
        var flushes = images.Select(image => Task.Factory.StartNew(
            () => Flush(image), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
        try
        {
            await Task.WhenAll(flushes).WaitAsync(limit > TimeSpan.Zero ? limit : TimeSpan.Zero, cancellationToken).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // A slow disk. Whether the pause is then too long, the pause limit decides.
        }
    }

    // Images only, and never the guest's memory, which may lie in a file of a real file system, too.
    private static List<SafeFileHandle> Open(Begun begun)
    {
        var files = begun.Live.Devices.Nodes
            .Where(node => node is { IsReadOnly: false, IsFlushed: true, Driver: "file" or "host_device" })
            .Select(node => node.File)
            .ToHashSet(StringComparer.Ordinal);
        var images = new List<SafeFileHandle>();
        foreach (var number in files.Count == 0 ? [] : begun.Descriptors.Files(files.Contains, 0))
        {
            try
            {
                images.Add(begun.Descriptors.Duplicate(number));
            }
            catch (HandoverException)
            {
                // Closed since it was listed: its disk was taken away, which the last look at the source will notice.
            }
        }

        return images;
    }

    private static void Flush(SafeFileHandle image)
    {
        try
        {
            RandomAccess.FlushToDisk(image);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ObjectDisposedException)
        {
            // A broken disk: QEMU's own flush meets the same and answers as the VM is configured.
        }
    }
}
