namespace VirtHandover.Hook;

/// <summary>
/// Which files are an emulator or a module of it, on every RPM distribution (RHEL, Fedora, openSUSE, openEuler) and on Debian. Wider than needed
/// is harmless: the service decides. <c>qemu-img</c> and the guest agent are not part of a running virtual machine.
/// </summary>
internal static class UpdateFilter
{
    // Before the architecture; Xen's have names of their own on Debian.
    private static readonly string[] s_emulators = ["/usr/bin/qemu-system-", "/usr/libexec/qemu-system-", "/usr/libexec/xen-qemu-system-"];

    private static readonly string[] s_modules = ["/usr/lib64/qemu/", "/usr/lib64/qemu-kvm/"];

    internal static bool IsOurs(string path)
    {
        // Debian's packages may still call /usr/bin and /usr/lib by their old names.
        var file = path.StartsWith("/bin/", StringComparison.Ordinal) || path.StartsWith("/lib/", StringComparison.Ordinal) ? "/usr" + path : path;
        return file is "/usr/libexec/qemu-kvm" or "/usr/bin/qemu-kvm" || IsSystemEmulator(file) || IsModule(file) || IsDebianModule(file);
    }

    private static bool IsSystemEmulator(string path) => s_emulators.Any(start =>
        path.StartsWith(start, StringComparison.Ordinal)
        && path.Length > start.Length
        && path.Skip(start.Length).All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c is '_' or '-'));

    private static bool IsModule(string path) =>
        path.EndsWith(".so", StringComparison.Ordinal)
        && s_modules.Any(directory => path.StartsWith(directory, StringComparison.Ordinal) && path.Length > directory.Length + ".so".Length);

    // /usr/lib/x86_64-linux-gnu/qemu/ui-gtk.so, or that directory: dpkg tells which trigger fired, not which file.
    private static bool IsDebianModule(string path) => path.Split('/') switch
    {
        ["", "usr", "lib", var architecture, "qemu"] => architecture.Contains("-linux-gnu", StringComparison.Ordinal),
        ["", "usr", "lib", var architecture, "qemu", .., var name] =>
            architecture.Contains("-linux-gnu", StringComparison.Ordinal) && name.EndsWith(".so", StringComparison.Ordinal) && name.Length > ".so".Length,
        _ => false,
    };
}
