namespace VirtHandover.Detection;

/// <summary>A package system's answer to whom a file belongs.</summary>
internal interface IPackageDatabase
{
    /// <summary>Asks it.</summary>
    /// <param name="path">The file's path in the host, without links.</param>
    /// <param name="cancellationToken">Stops waiting.</param>
    /// <returns>Name and version in that system's spelling; empty when it has no such file, or the host has no such system.</returns>
    Task<string> OwnerAsync(string path, CancellationToken cancellationToken);
}
