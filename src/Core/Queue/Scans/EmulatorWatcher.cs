namespace VirtHandover.Queue;

/// <summary>
/// Notices that an emulator's file was replaced, by whatever means: a hook needs a package manager, this does not.
/// Package managers write beside the file and rename, so the directory is watched, not the file.
/// </summary>
public sealed class EmulatorWatcher : IDisposable
{
    private readonly Lock _lock = new();
    private readonly Action _replaced;
    private readonly Dictionary<string, FileSystemWatcher> _watchers = [];
    private HashSet<string> _emulators = [];

    /// <summary>Creates a watcher that watches nothing yet.</summary>
    /// <param name="replaced">Called from any thread, several times for one replacement.</param>
    public EmulatorWatcher(Action replaced) => _replaced = replaced;

    /// <summary>Watches these emulators and no others.</summary>
    /// <param name="emulators">Their paths.</param>
    public void Watch(IReadOnlySet<string> emulators)
    {
        ArgumentNullException.ThrowIfNull(emulators);
        lock (_lock)
        {
            _emulators = [.. emulators];
            var directories = _emulators.Select(path => Path.GetDirectoryName(path)!).ToHashSet();
            foreach (var unused in _watchers.Keys.Except(directories).ToList())
            {
                _watchers.Remove(unused, out var watcher);
                watcher?.Dispose();
            }

            foreach (var directory in directories.Where(directory => !_watchers.ContainsKey(directory)))
            {
                Start_NeedsLock(directory);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (_lock)
        {
            foreach (var watcher in _watchers.Values)
            {
                watcher.Dispose();
            }

            _watchers.Clear();
        }
    }

    private void Start_NeedsLock(string directory)
    {
        FileSystemWatcher? watcher = null;
        try
        {
            watcher = new FileSystemWatcher(directory) { NotifyFilter = NotifyFilters.FileName };
            watcher.Created += (_, change) => OnChange(change.FullPath);
            watcher.Renamed += (_, change) => OnChange(change.FullPath);

            // An overflow means that much has changed; a broken watch that nothing more will be told: look either way.
            watcher.Error += (_, _) => _replaced();
            watcher.EnableRaisingEvents = true;
            _watchers.Add(directory, watcher);
        }
        catch (Exception e) when (e is IOException or ArgumentException or UnauthorizedAccessException)
        {
            // The directory is gone, or the host is out of inotify watches: the slow timer and the hook remain.
            watcher?.Dispose();
        }
    }

    private void OnChange(string path)
    {
        lock (_lock)
        {
            if (!_emulators.Contains(path))
            {
                return;
            }
        }

        _replaced();
    }
}
