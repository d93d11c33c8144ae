using VirtHandover.Linux.Proc;

namespace VirtHandover.Handover.Records;

/// <summary>
/// How one QEMU process was started, noted before it had a reason to lie: <c>/proc/PID/cmdline</c> and <c>environ</c> are memory of the process, and
/// a guest that has taken its QEMU over writes there what it likes. Handovers go by this; what the process shows is only compared with it.
/// </summary>
public sealed record DomainRecord
{
    /// <summary>The domain's UUID.</summary>
    public required Guid Domain { get; init; }

    /// <summary>The process; for any other one the record means nothing.</summary>
    public required ProcessIdentity Process { get; init; }

    /// <summary>The host's boot (<c>boot_id</c>) that the process belongs to.</summary>
    public required string Boot { get; init; }

    /// <summary>Its command line as the kernel showed it, the program's name first.</summary>
    public required IReadOnlyList<string> Words { get; init; }

    /// <summary>Its environment as the kernel showed it, <c>NAME=value</c>.</summary>
    public required IReadOnlyList<string> Environment { get; init; }

    /// <summary>
    /// The command line that the domain stands for: <see cref="Words"/>, or of a process that was handed over, which got its network cards later
    /// and its VNC listener later still, what its source stood for.
    /// </summary>
    public required IReadOnlyList<string> Arguments { get; init; }

    /// <summary>The process had run for a while when it was noted, so that it may have lied then.</summary>
    public required bool IsLate { get; init; }

    /// <summary>
    /// Which file each path of an image led to then: two images of one VM that change names with each other are both open, and no look at the process
    /// tells which was which. Null in the record of an earlier release.
    /// </summary>
    public IReadOnlyDictionary<string, string>? Files { get; init; }

    /// <summary>It was compared with what libvirt says of the domain, and all of it belonged to the domain.</summary>
    public required bool IsChecked { get; init; }
}
