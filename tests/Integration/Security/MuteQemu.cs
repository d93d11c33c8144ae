using VirtHandover.Tests.Integration.Host;

namespace VirtHandover.Tests.Integration.Security;

/// <summary>QEMUs that fall silent on their monitors when a test says so; see <c>mute.c</c>.</summary>
internal static class MuteQemu
{
    private const string Library = "/usr/lib/vh-mute.so";
    private const string Files = "/run/mute";

    /// <summary>From now on every QEMU that is started can be made mute.</summary>
    public static async Task Install()
    {
        await Shell.Run("gcc", "-O2", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", Library, Path.Combine(AppContext.BaseDirectory, "Security", "mute.c"));
        Directory.CreateDirectory(Files);
        File.SetUnixFileMode(Files, (UnixFileMode)0x1ed);
        await File.WriteAllTextAsync("/etc/ld.so.preload", Library + "\n");
    }

    /// <summary>No process that is started from now on is any of this.</summary>
    public static void Remove()
    {
        File.Delete("/etc/ld.so.preload");
        SpeakAll();
    }

    /// <summary>The VM's QEMU will answer nothing once it has been told this.</summary>
    /// <param name="vm">The VM's name.</param>
    /// <param name="which"><c>old</c>, or <c>new</c> for the target.</param>
    /// <param name="command">The QMP command.</param>
    public static Task SilenceAt(string vm, string which, string command) => File.WriteAllTextAsync($"{Files}/{vm}.{which}.{command}", "");

    /// <summary>All answer again.</summary>
    public static void SpeakAll()
    {
        foreach (string file in Directory.EnumerateFiles(Files))
            File.Delete(file);
    }
}
