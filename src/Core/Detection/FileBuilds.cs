using System.Collections.Concurrent;
using System.Security.Cryptography;
using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>What a file was built as: its ELF build-id, else a hash of its content. Remembered per unchanged file.</summary>
internal sealed class FileBuilds
{
    /// <summary>Some hundred libraries and a few emulators live on a host; above this, upgrades piled up.</summary>
    private const int MaxRemembered = 4096;

    private readonly ConcurrentDictionary<FileIdentity, string> _known = new();

    /// <summary>Tells the build of a file.</summary>
    /// <param name="path">The file; may be a link of procfs to a file that has no name any more.</param>
    /// <returns>Lower-case hex, or <c>sha256:…</c>; null when the file is gone, cannot be read, or is not root's alone (<see cref="TrustedFile"/>).</returns>
    public string? Of(string path)
    {
        if (FileIdentity.Of(path) is not { } identity || TrustedFile.Objection(identity) is not null)
        {
            return null;
        }

        if (_known.TryGetValue(identity, out string? known))
        {
            return known;
        }

        try
        {
            (FileStream file, FileIdentity opened) = TrustedFile.Open(path);
            using FileStream reading = file;
            string build = ElfBuildId.Read(file) ?? Hash(file);
            // Replaced while it was read: the answer may belong to either file.
            if (opened == identity && FileIdentity.Of(path) == identity)
            {
                if (_known.Count >= MaxRemembered)
                {
                    _known.Clear();
                }

                _known[identity] = build;
            }

            return build;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string Hash(FileStream file)
    {
        file.Position = 0;
        return "sha256:" + Convert.ToHexStringLower(SHA256.HashData(file));
    }
}
