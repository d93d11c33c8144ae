using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Preflight;

/// <summary>
/// What binaries have answered, kept for the other processes of the product: a keeper lives for one handover, and would otherwise start
/// the new QEMU twice to be told what the service was told a moment ago. An answer counts for the unchanged file only (device, inode, size, times
/// of content and inode, owner, mode), so an upgrade cannot leave a stale one; below <c>/run</c> they go with the host's boot.
/// </summary>
/// <param name="directory">Where they are kept; root's own.</param>
internal sealed class TargetAnswers(string directory)
{
    private const string Header = "virt-handover: answers of a QEMU, 2";

    /// <summary>Those of this host.</summary>
    internal static TargetAnswers Host { get; } = new("/run/virt-handover/targets");

    /// <summary>Finds what a binary has answered.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="file">What it is now.</param>
    /// <returns>Its version line, its options and its machine types as it printed them; null when this very file was never asked.</returns>
    internal (string Version, string Options, string Machines)? Find(string program, FileIdentity file)
    {
        try
        {
            var parts = File.ReadAllText(FileOf(program)).Split('\n', 6);
            return parts is [Header, var path, var identity, var version, var options, var machines] && path == program && identity == Text(file)
                ? (version, options, machines)
                : null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>Keeps an answer in the place of what the path's file answered before. What cannot be kept is asked again.</summary>
    internal void Keep(string program, FileIdentity file, string version, string options, string machines)
    {
        var path = FileOf(program);
        // Several processes may keep the same answer at once; each writes a file of its own, and the rename makes it whole.
        var draft = string.Create(CultureInfo.InvariantCulture, $"{path}.{Environment.ProcessId}");
        try
        {
            Directory.CreateDirectory(directory);
            File.WriteAllText(draft, string.Join('\n', Header, program, Text(file), version.Split('\n')[0], options, machines));
            File.Move(draft, path, overwrite: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Only time would have been saved.
        }
    }

    private static string Text(FileIdentity file) => string.Create(
        CultureInfo.InvariantCulture,
        $"{file.Device} {file.Inode} {file.Size} {file.ModifiedNanoseconds} {file.ChangedNanoseconds} {file.Mode} {file.UserId} {file.GroupId}");

    // One file a path: an upgrade replaces the answer.
    private string FileOf(string program) =>
        Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(program)))[..32]);
}
