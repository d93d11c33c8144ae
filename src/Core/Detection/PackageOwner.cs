using System.Collections.Concurrent;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Asks the host's package systems which package a file on disk belongs to. For a file of no package the answer is empty.</summary>
internal sealed class PackageOwner
{
    private const int MaxRemembered = 64;

    private readonly ConcurrentDictionary<(string Path, FileIdentity File), string> _known = new();

    /// <summary>Whom to ask, in this order: rpm is quick to say no.</summary>
    public IReadOnlyList<IPackageDatabase> Databases { get; init; } = [new RpmDatabase(), new DpkgDatabase()];

    /// <summary>Looks the owner up.</summary>
    /// <param name="path">The file's path in the host.</param>
    /// <param name="file">What it is now; a changed file is asked about again.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>For example <c>qemu-kvm-core-8.0.0-16.el9</c> or <c>qemu-system-x86_1:7.2+dfsg-7</c>, or empty.</returns>
    public async Task<string> OfAsync(string path, FileIdentity file, CancellationToken cancellationToken)
    {
        if (_known.TryGetValue((path, file), out string? known))
        {
            return known;
        }

        string package = "";
        foreach (IPackageDatabase database in Databases)
        {
            package = await database.OwnerAsync(path, cancellationToken).ConfigureAwait(false);
            if (package.Length is > 0 and <= 200 && !package.Contains(' ', StringComparison.Ordinal))
            {
                break;
            }

            package = "";
        }

        if (package.Length == 0)
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
