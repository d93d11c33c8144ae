using System.Collections.Concurrent;
using VirtHandover.Libvirt;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Detection;

/// <summary>Finds the process of a running domain in libvirt's files and makes sure that it is the domain's.</summary>
internal sealed class DomainLocator(LibvirtPaths libvirt, ProcRoot proc)
{
    private readonly ConcurrentDictionary<string, Remembered> _known = new(StringComparer.Ordinal);

    /// <summary>Finds it.</summary>
    /// <exception cref="LostDomainException">There is no such process, or it is not the domain's.</exception>
    /// <exception cref="StatusFileException">Neither the status file nor the pid file says which process it is.</exception>
    /// <exception cref="ProcException">The process has ended, or may not be read.</exception>
    public LocatedDomain Locate(RunningDomain domain)
    {
        (int processId, string emulator) = ReadFiles(domain);
        var process = ProcessIdentity.Read(proc, processId);
        return DomainProcess.Belongs(ProcessCommandLine.Read(proc, processId), domain.Uuid, domain.Name)
            ? new LocatedDomain(process, emulator)
            : throw new LostDomainException($"libvirt's files name process {processId}, which is not the QEMU of this domain.");
    }

    /// <summary>Drops what is known of domains that do not run any more.</summary>
    public void Forget(IReadOnlyList<RunningDomain> running)
    {
        var names = running.Select(domain => domain.Name).ToHashSet(StringComparer.Ordinal);
        foreach (string name in _known.Keys.Where(name => !names.Contains(name)))
        {
            _ = _known.TryRemove(name, out _);
        }
    }

    private (int ProcessId, string Emulator) ReadFiles(RunningDomain domain)
    {
        string path = libvirt.StatusFile(domain.Name);
        FileIdentity? file = FileIdentity.Of(path);
        if (file is not null && _known.TryGetValue(domain.Name, out Remembered? known) && known.File == file && known.Domain == domain)
        {
            return (known.ProcessId, known.Emulator);
        }

        try
        {
            StatusFile status = StatusFile.Read(path);
            if (status.Uuid != domain.Uuid)
            {
                throw new LostDomainException($"The status file {path} is that of another domain.");
            }

            if (file is { } unchanged && FileIdentity.Of(path) == unchanged)
            {
                _known[domain.Name] = new Remembered(domain, unchanged, status.ProcessId, status.Domain.Emulator);
            }

            return (status.ProcessId, status.Domain.Emulator);
        }
        catch (StatusFileException)
        {
            if (DomainProcess.FromPidFile(libvirt.PidFile(domain.Name)) is not { } processId)
            {
                throw;
            }

            return (processId, "");
        }
    }

    private sealed record Remembered(RunningDomain Domain, FileIdentity File, int ProcessId, string Emulator);
}
