namespace VirtHandover.Canary;

/// <summary>A combination with which a canary came through.</summary>
/// <param name="Libvirt">See <see cref="LibvirtBuild"/>.</param>
/// <param name="From">The old QEMU's build.</param>
/// <param name="To">The new QEMU's build.</param>
internal sealed record CanaryPass(string Libvirt, string From, string To);

/// <summary>Which canaries came through; a text file, a line for each. Those that did not are not remembered: the cause may be gone.</summary>
/// <param name="path">The file.</param>
internal sealed class CanaryMemory(string path)
{
    /// <summary>A host sees some new builds a year.</summary>
    private const int Kept = 100;

    /// <summary>Whether a canary came through.</summary>
    /// <param name="pass">The combination.</param>
    internal bool Has(CanaryPass pass) => Lines().Contains(Line(pass), StringComparer.Ordinal);

    /// <summary>Remembers that a canary came through.</summary>
    /// <param name="pass">The combination.</param>
    /// <returns>False when it cannot be written; then the next handover sends one again.</returns>
    internal bool TryAdd(CanaryPass pass)
    {
        try
        {
            File.WriteAllLines(path + ".new", Lines().Append(Line(pass)).TakeLast(Kept));
            File.Move(path + ".new", path, overwrite: true);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Line(CanaryPass pass) => $"{pass.Libvirt} {pass.From} {pass.To}";

    private string[] Lines()
    {
        try
        {
            return File.ReadAllText(path).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
