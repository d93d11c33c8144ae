namespace VirtHandover.Qemu;

/// <summary>One build of QEMU: a file on disk, or the one a running process was started from.</summary>
/// <param name="Path">The emulator's path as libvirt names it, symbolic links resolved.</param>
/// <param name="Version">As QEMU prints it, for example <c>7.2.22</c>; empty when it could not be read.</param>
/// <param name="Package">The packager's version, for example <c>qemu-kvm-8.0.0-16.el9</c>; empty when there is none.</param>
/// <param name="BuildId">The ELF build-id in lower-case hex, or <c>sha256:…</c> of the file when it carries none.</param>
public sealed record QemuBuild(string Path, string Version, string Package, string BuildId);
