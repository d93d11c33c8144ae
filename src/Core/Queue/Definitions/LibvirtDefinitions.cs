using VirtHandover.Foreign;
using VirtHandover.Libvirt;
using VirtHandover.Libvirt.Xml;
using VirtHandover.Policy;

namespace VirtHandover.Queue;

/// <summary>Definitions in libvirt: policies as metadata elements, which live, move and end with the domain.</summary>
/// <param name="libvirt">The connection; the service's own.</param>
/// <param name="paths">Where libvirt's files are.</param>
public sealed class LibvirtDefinitions(LibvirtClient libvirt, LibvirtPaths paths) : IDomainDefinitions
{
    /// <inheritdoc/>
    public async Task<DomainPolicy> ReadPolicyAsync(Guid domain, CancellationToken cancellationToken)
    {
        var connection = await libvirt.ConnectAsync(cancellationToken).ConfigureAwait(false);
        return PolicyXml.Read(await connection.GetMetadataAsync(domain, PolicyXml.Namespace, cancellationToken).ConfigureAwait(false));
    }

    /// <inheritdoc/>
    public async Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        var connection = await libvirt.ConnectAsync(cancellationToken).ConfigureAwait(false);
        await connection.SetMetadataAsync(
            domain, policy.IsEmpty ? null : PolicyXml.Write(policy), PolicyXml.Prefix, PolicyXml.Namespace, cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<string> PrepareAsync(Guid domain, string name, CancellationToken cancellationToken)
    {
        var shown = ForeignText.Escape(name);
        var connection = await libvirt.ConnectAsync(cancellationToken).ConfigureAwait(false);
        var definition = await connection.GetDefinitionAsync(domain, cancellationToken).ConfigureAwait(false) ?? throw new QueueException(
            QueueFault.WrongState, $"{shown} is a transient domain and has no definition that could be changed; whoever creates it has to give it shared memory.");
        if (SharedMemoryEdit.Apply(definition) is not { } prepared)
        {
            return $"{shown} has shared memory in its definition already; if it does not run with it yet, shut it down and start it again.";
        }

        if (!SharedMemoryEdit.HasHugePages(definition))
        {
            DemandMemoryFileSystem(shown);
        }

        await connection.DefineAsync(domain, prepared, cancellationToken).ConfigureAwait(false);
        return $"{shown} has shared memory in its definition now; it takes effect when the VM is shut down and started again, a reboot from inside is not enough.";
    }

    /// <summary>On a disk, every page that the guest writes would be written there as well.</summary>
    private void DemandMemoryFileSystem(string shown)
    {
        var directory = QemuConf.Read(paths).MemoryBackingDirectory;
        if (MemoryFileSystem.TypeOf(directory) is not ("tmpfs" or "ramfs" or "hugetlbfs") and var type)
        {
            throw new QueueException(
                QueueFault.WrongState,
                $"The definition of {shown} was not changed: libvirt would keep its memory below {directory}, which is on a disk ({type}). "
                + $"Set memory_backing_dir = \"/dev/shm\" in {paths.QemuConf}, restart libvirt's daemon, then prepare it again.");
        }
    }
}
