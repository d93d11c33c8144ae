using System.Collections.Concurrent;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Asks rpm which package a file on disk belongs to. Without rpm, or for a file of no package, the answer is empty.</summary>
internal sealed class PackageOwner
{
    private const int MaxRemembered = 64;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<(string Path, FileIdentity File), string> _known = new();

    /// <summary>The program; tests put another one in its place.</summary>
    public string Rpm { get; init; } = "rpm";

    /// <summary>Looks the owner up.</summary>
    /// <param name="path">The file's path in the host.</param>
    /// <param name="file">What it is now; a changed file is asked about again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>For example <c>qemu-kvm-core-8.0.0-16.el9</c>, or empty.</returns>
    public async Task<string> OfAsync(string path, FileIdentity file, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((path, file), out string? known))
        {
            return known;
        }

        (string? output, _) = await ShortTool.RunAsync(
            Rpm, ["-qf", "--qf", @"%{NAME}-%{VERSION}-%{RELEASE}\n", "--", path], Limit, cancellationToken).ConfigureAwait(false);
        // A file may belong to several packages; the first is as good as any.
        string package = output?.Split('\n', 2)[0].Trim() ?? "";
        if (package.Length is 0 or > 200 || package.Contains(' ', StringComparison.Ordinal))
        {
            return "";
        }

        if (_known.Count >= MaxRemembered)
        {
            _known.Clear();
        }

        _known[(path, file)] = package;
        return package;
    }
}
