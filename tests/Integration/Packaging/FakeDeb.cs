using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Packaging;

/// <summary>A Debian package that a test makes up.</summary>
internal static class FakeDeb
{
    /// <summary>Builds one with an executable file at each of these paths.</summary>
    /// <param name="package">Its name.</param>
    /// <param name="version">Its version.</param>
    /// <param name="paths">What it ships.</param>
    /// <param name="postinst">Its postinst, for <c>/bin/sh</c>; empty for none.</param>
    /// <returns>The file.</returns>
    internal static async Task<string> Build(string package, string version, IReadOnlyList<string> paths, string postinst = "")
    {
        var tree = Directory.CreateTempSubdirectory("fake-deb-").FullName;
        foreach (var path in paths)
        {
            var file = tree + path;
            Directory.CreateDirectory(Path.GetDirectoryName(file)!);
            await File.WriteAllTextAsync(file, $"#!/bin/sh\necho {package} {version}\n");
        }

        var control = Directory.CreateDirectory(tree + "/DEBIAN").FullName;
        await File.WriteAllTextAsync(
            control + "/control",
            $"Package: {package}\nVersion: {version}\nArchitecture: all\nMaintainer: a test <test@example.org>\nDescription: made up by a test\n");
        if (postinst.Length > 0)
            await File.WriteAllTextAsync(control + "/postinst", "#!/bin/sh\n" + postinst);
        // Directories are born with the mode of this process, which need not be what dpkg-deb wants.
        await Shell.Run("chmod", "-R", "755", tree);
        var deb = $"{tree}.deb";
        await Shell.Run("dpkg-deb", "--build", "--root-owner-group", tree, deb);
        return deb;
    }
}
