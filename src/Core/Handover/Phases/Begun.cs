using System.Text.Json.Nodes;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Preflight;
using VirtHandover.Handover.Records;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Linux;
using VirtHandover.Qemu;

namespace VirtHandover.Handover.Phases;

/// <summary>Everything that was read of the source, and the preflight's word that a handover may be tried. Nothing has been changed.</summary>
internal sealed record Begun : IDisposable
{
    /// <summary>What was asked for.</summary>
    internal required HandoverRequest Request { get; init; }

    /// <summary>The domain's name.</summary>
    internal required string Name { get; init; }

    /// <summary>The clock of the journal's entries.</summary>
    internal required TimeProvider Clock { get; init; }

    /// <summary>Where libvirt's files are.</summary>
    internal required LibvirtPaths Paths { get; init; }

    /// <summary>The connection, until Quiesce closes it.</summary>
    internal required LibvirtConnection Libvirt { get; init; }

    /// <summary>The source's monitor through that connection.</summary>
    internal required IQmpChannel Monitor { get; init; }

    /// <summary>The source.</summary>
    internal required ProcessHandle Source { get; init; }

    /// <summary>How the source was started, and who says so.</summary>
    internal required DomainRecord Record { get; init; }

    /// <summary>Its context, for the target to be started in.</summary>
    internal required ProcessContext Context { get; init; }

    /// <summary>Its open files.</summary>
    internal required SourceDescriptors Descriptors { get; init; }

    /// <summary>libvirt's status file.</summary>
    internal required StatusFile Status { get; init; }

    /// <summary>The live XML.</summary>
    internal required DomainXml Domain { get; init; }

    /// <summary>The CPUs of its main thread.</summary>
    internal required ThreadAffinity Affinity { get; init; }

    /// <summary>Where its VNC server listens, as QMP addresses; empty when it does not.</summary>
    internal required JsonArray VncAddresses { get; init; }

    /// <summary>The emulator on disk, from which the target is started.</summary>
    internal required string Program { get; init; }

    /// <summary>What libvirt gives its QEMU.</summary>
    internal required ExpectedRights Expected { get; init; }

    /// <summary>The options that it has; null when that is not known.</summary>
    internal IReadOnlySet<string>? TargetOptions { get; init; }

    /// <summary>The command line the source stands for.</summary>
    internal required CommandLine CommandLine { get; init; }

    /// <summary>What its QEMU says of itself.</summary>
    internal required LiveFacts Live { get; init; }

    /// <summary>What the preflight found.</summary>
    internal required Assessment Assessment { get; init; }

    /// <summary>The source's vCPU and I/O threads.</summary>
    internal required IReadOnlyList<PlacedThread> Threads { get; init; }

    /// <summary>What systemd-machined knows of the VM; null when it does not know it.</summary>
    internal MachineRegistration? Machine { get; init; }

    /// <summary>Settings to be repeated in the target.</summary>
    internal required IReadOnlyList<Replay> Replays { get; init; }

    /// <inheritdoc/>
    public void Dispose()
    {
        Source.Dispose();
        Libvirt.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
