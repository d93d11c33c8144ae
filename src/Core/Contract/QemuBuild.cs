using VirtHandover.Foreign;

namespace VirtHandover.Contract;

/// <summary>One build of QEMU: a file on disk, or the one a running process was started from.</summary>
/// <param name="Path">The emulator's path as libvirt names it, symbolic links resolved.</param>
/// <param name="Version">As QEMU prints it, for example <c>7.2.22</c>; empty when it could not be read.</param>
/// <param name="Package">The packager's version, for example <c>qemu-kvm-8.0.0-16.el9</c>; empty when there is none.</param>
/// <param name="BuildId">The ELF build-id in lower-case hex, or <c>sha256:…</c> of the file when it carries none.</param>
public sealed record QemuBuild(string Path, string Version, string Package, string BuildId)
{
    /// <summary>The emulator's path.</summary>
    public string Path { get; init; } = ForeignText.Name(Path ?? "");

    /// <summary>As QEMU prints it.</summary>
    public string Version { get; init; } = ForeignText.Name(Version ?? "");

    /// <summary>The packager's version.</summary>
    public string Package { get; init; } = ForeignText.Name(Package ?? "");

    /// <summary>Which build it is.</summary>
    public string BuildId { get; init; } = ForeignText.Name(BuildId ?? "");
}
