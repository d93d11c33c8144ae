using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The product as one of its two kinds of packages, for tests that hold for both.</summary>
internal sealed class InstalledProduct
{
    /// <summary>What the package manager said in the last removal.</summary>
    internal const string Said = "/run/lab/removal";

    private readonly bool _isRpm;

    private InstalledProduct(bool isRpm) => _isRpm = isRpm;

    internal static async Task<InstalledProduct> Install(string kind)
    {
        if (kind == "rpm")
        {
            await Shell.Run("dpkg", ["--purge", .. ProductDebs.Names]);
            await ProductRpms.Install();
        }
        else
        {
            if (await RpmIsInstalled())
                await Shell.Run("dnf", ["remove", .. ProductDebs.Names]);
            await ProductDebs.Install();
        }

        return new InstalledProduct(kind == "rpm");
    }

    /// <summary>Builds a later release. Takes a while: not while a handover is held.</summary>
    /// <returns>The files of its packages.</returns>
    internal Task<string[]> Build(int revision) => _isRpm ? ProductRpms.Build(revision) : ProductDebs.Build(revision);

    /// <summary>Brings a later release with the package manager.</summary>
    /// <param name="packages">Its files.</param>
    internal Task Upgrade(string[] packages) => _isRpm ? Shell.Run("dnf", ["upgrade", .. packages]) : Shell.Run("dpkg", ["--install", .. packages]);

    /// <summary>The version that the package manager says is installed.</summary>
    internal Task<string> Version() => _isRpm
        ? Shell.Run("rpm", "--query", "--queryformat", "%{VERSION}", "virt-handover")
        : Shell.Run("dpkg-query", "--show", "--showformat", "${Version}", "virt-handover");

    internal Task<ShellResult> Remove() => Shell.TryRun(
        "sh", "-c", $"{(_isRpm ? "dnf remove" : "dpkg --remove")} {string.Join(' ', ProductDebs.Names)} > {Said} 2>&1");

    internal Task<bool> IsInstalled() => _isRpm ? RpmIsInstalled() : ProductDebs.IsInstalled("virt-handover");

    private static async Task<bool> RpmIsInstalled() => (await Shell.TryRun("rpm", "--query", "virt-handover")).ExitCode == 0;
}
