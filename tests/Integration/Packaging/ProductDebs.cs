using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>The product's own Debian packages, made of the staged programs. The lab's dpkg is real; its database is the host's, in a layer of the lab's own.</summary>
internal static class ProductDebs
{
    // Inside the lab, so that it dies with it.
    private const string Output = "/tmp/product-debs";

    internal static readonly string[] Names = ["virt-handover", "virt-handover-hook", "virt-handover-tui"];

    /// <summary>Builds a release, once in each lab.</summary>
    /// <param name="revision">0 for the first release, other numbers for later ones.</param>
    /// <returns>The files that README's command installs.</returns>
    internal static async Task<string[]> Build(int revision = 0)
    {
        var output = $"{Output}-{revision}";
        if (revision == 0 && IsFresh(Path.Combine(ProductRpms.Root, "artifacts/deb")))
            output = Path.Combine(ProductRpms.Root, "artifacts/deb");
        else if (!Directory.Exists(output))
        {
            await Shell.Run(
                Path.Combine(ProductRpms.Root, "packaging/deb/build"),
                ["--output", output, .. revision == 0 ? Array.Empty<string>() : ["--revision", $"{revision}"]]);
        }

        return [.. Directory.GetFiles(output, "*.deb").Order()];
    }

    // Three labs need not pack the same three times: what `make deb` has made of these very files will do.
    private static bool IsFresh(string output)
    {
        var packed = Directory.Exists(output) ? Directory.GetFiles(output, "*.deb") : [];
        return packed.Length == 3 && packed.Min(File.GetLastWriteTimeUtc) > new[] { "artifacts/stage", "packaging", "data", "examples" }
            .SelectMany(part => Directory.EnumerateFiles(Path.Combine(ProductRpms.Root, part), "*", SearchOption.AllDirectories))
            .Append(Path.Combine(ProductRpms.Root, "CHANGELOG.md"))
            .Max(File.GetLastWriteTimeUtc);
    }

    /// <summary>Builds and installs the first release.</summary>
    internal static async Task Install()
    {
        if (await IsInstalled("virt-handover-hook"))
            return;
        var debs = await Build();
        ClearStage();
        await Shell.Run("dpkg", ["-i", .. debs]);
    }

    // The lab has the staged tree laid over its own; what is there now shall be the package's.
    private static void ClearStage()
    {
        var stage = Path.Combine(ProductRpms.Root, "artifacts/stage");
        foreach (var file in Directory.EnumerateFiles(stage, "*", SearchOption.AllDirectories))
        {
            var laid = "/" + Path.GetRelativePath(stage, file);
            if (File.Exists(laid))
                File.Delete(laid);
        }
    }

    internal static async Task<bool> IsInstalled(string package) =>
        (await Shell.TryRun("dpkg-query", "--show", "--showformat", "${db:Status-Status}", package)).Output == "installed";
}
