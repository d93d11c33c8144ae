namespace VirtHandover.Hook;

/// <summary>
/// Which files are an emulator or a module of it, on every RPM distribution (RHEL, Fedora, openSUSE, openEuler). Wider than needed is
/// harmless: the service decides. <c>qemu-img</c> and the guest agent are not part of a running virtual machine.
/// </summary>
internal static class UpdateFilter
{
    private const string SystemEmulator = "/usr/bin/qemu-system-";

    private static readonly string[] s_modules = ["/usr/lib64/qemu/", "/usr/lib64/qemu-kvm/"];

    internal static bool IsOurs(string path) =>
        path is "/usr/libexec/qemu-kvm" or "/usr/bin/qemu-kvm" || IsSystemEmulator(path) || IsModule(path);

    private static bool IsSystemEmulator(string path) =>
        path.StartsWith(SystemEmulator, StringComparison.Ordinal)
        && path.Length > SystemEmulator.Length
        && path.Skip(SystemEmulator.Length).All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');

    private static bool IsModule(string path) =>
        path.EndsWith(".so", StringComparison.Ordinal)
        && s_modules.Any(directory => path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length + ".so".Length);
}
