using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The product's own RPMs, made of the staged programs and installed in the lab with dnf.</summary>
internal static class ProductRpms
{
    // Inside the lab, so that it dies with it.
    internal const string Output = "/tmp/product-rpms";

    internal static string Root { get; } = FindRoot(new DirectoryInfo(AppContext.BaseDirectory));

    /// <summary>Builds a later release.</summary>
    /// <param name="revision">Which; not 0.</param>
    /// <returns>The files of the packages, without what is for debuggers.</returns>
    internal static async Task<string[]> Build(int revision)
    {
        var output = $"{Output}-{revision}";
        if (!Directory.Exists(output))
            await Shell.Run(Path.Combine(Root, "packaging/rpm/build"), "--output", output, "--revision", $"{revision}");
        return [.. Directory.GetFiles(output, "*.rpm").Order()];
    }

    /// <summary>Builds and installs them, once in each lab.</summary>
    internal static async Task Install()
    {
        if ((await Shell.TryRun("rpm", "-q", "virt-handover-hook")).ExitCode == 0)
            return;
        await Shell.Run(Path.Combine(Root, "packaging/rpm/build"), "--output", Output);
        await Shell.Run("env", $"VHLAB_RPMS={Output}", Path.Combine(Root, "tests/lab/install-product"));
    }

    private static string FindRoot(DirectoryInfo directory) => File.Exists(Path.Combine(directory.FullName, "virt-handover.slnx"))
        ? directory.FullName
        : FindRoot(directory.Parent ?? throw new InvalidOperationException("The tests do not lie below the repository."));
}
