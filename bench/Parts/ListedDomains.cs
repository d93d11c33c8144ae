using System.Globalization;
using VirtHandover.Libvirt;

namespace VirtHandover.Bench.Parts;

/// <summary>A libvirt that lists what it is told, with status files below a directory.</summary>
internal sealed class ListedDomains(string directory) : IRunningDomains
{
    private readonly List<RunningDomain> _running = [];

    public LibvirtPaths Paths { get; } = new() { RunDirectory = directory };

    public int Count => _running.Count;

    public Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<RunningDomain>>(_running);

    public RunningDomain Add(string name, int process, Guid? uuid = null)
    {
        var domain = new RunningDomain(uuid ?? Guid.NewGuid(), name, _running.Count + 1);
        _running.Add(domain);
        Directory.CreateDirectory(Paths.StatusDirectory);
        File.WriteAllText(Paths.StatusFile(name), string.Create(CultureInfo.InvariantCulture, $"""
            <domstatus state='running' reason='booted' pid='{process}'>
              <domain type='qemu' id='{domain.Id}'>
                <name>{name}</name>
                <uuid>{domain.Uuid}</uuid>
                <devices><emulator>{Bare.BareShape.Program}</emulator></devices>
              </domain>
            </domstatus>
            """));
        return domain;
    }
}
