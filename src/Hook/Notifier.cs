using VirtHandover.Bus.Client;

namespace VirtHandover.Hook;

/// <summary>Tells the service that QEMU's files were replaced: by a stamp that stays, and by a call that is answered.</summary>
/// <param name="stamp">The stamp's path; the service looks for it when it starts.</param>
/// <param name="busAddress">A D-Bus address; null for the system bus.</param>
/// <param name="source">Which package manager says so, for the log: rpm or dpkg.</param>
internal sealed class Notifier(string stamp, string? busAddress, string source)
{
    /// <summary>All the time the hook takes at most; 5 s are promised, and starting and ending a process takes some of them.</summary>
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(4.5);

    private const string DefaultDirectory = "/run/virt-handover";

    // More would only make the message long: the service looks at the disk itself.
    private const int MostPaths = 500;

    /// <summary>
    /// The installed notifier. VIRT_HANDOVER_RUN_DIRECTORY moves the stamp, for tests. systemd's RUNTIME_DIRECTORY would not do: it is
    /// the package manager's, when that is a systemd service.
    /// </summary>
    /// <param name="source">The package manager.</param>
    internal static Notifier FromEnvironment(string source)
    {
        var directory = Environment.GetEnvironmentVariable("VIRT_HANDOVER_RUN_DIRECTORY");
        return new Notifier(Path.Combine(string.IsNullOrEmpty(directory) ? DefaultDirectory : directory, "pending"), busAddress: null, source);
    }

    /// <summary>Reads all of the input; does nothing when none of it is QEMU's.</summary>
    /// <exception cref="Exception">Anything: the caller lets it pass.</exception>
    internal void Run(Stream input)
    {
        var hits = new HashSet<string>(StringComparer.Ordinal);
        foreach (var line in PathReader.Lines(input))
        {
            if (!UpdateFilter.IsOurs(line))
                continue;

            // At the first hit, not at the end: a writer that never closes the pipe must not cost the hint.
            if (hits.Count == 0)
                LeaveStamp();
            if (hits.Count < MostPaths)
                hits.Add(line);
        }

        if (hits.Count > 0)
            NotifyAsync(hits).GetAwaiter().GetResult();
    }

    private void LeaveStamp()
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(stamp)!);
            File.WriteAllBytes(stamp, []);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // Read-only /run: the call is what is left.
        }
    }

    private async Task NotifyAsync(HashSet<string> paths)
    {
        // With a reply: a call without one is lost where the bus has to start the service first.
        await using var client = new HandoverServiceClient(busAddress);
        using var limit = new CancellationTokenSource(Patience);
        await client.NotifyUpdateAsync(source, paths, limit.Token).ConfigureAwait(false);
    }
}
