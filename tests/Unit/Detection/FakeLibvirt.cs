using System.Security;
using VirtHandover.Libvirt;

namespace VirtHandover.Tests.Unit.Detection;

/// <summary>A libvirt that lists what it is told, with real files below a directory.</summary>
internal sealed class FakeLibvirt(string directory) : IRunningDomains
{
    public LibvirtPaths Paths { get; } = new() { RunDirectory = directory };

    public List<RunningDomain> Running { get; } = [];

    /// <summary>Runs after a list was given: what happens while a scan is under way.</summary>
    public Action AfterList { get; set; } = () => { };

    public Task<IReadOnlyList<RunningDomain>> ListRunningAsync(CancellationToken cancellationToken)
    {
        IReadOnlyList<RunningDomain> list = [.. Running];
        AfterList();
        return Task.FromResult(list);
    }

    public RunningDomain Add(string name, int processId, string emulator)
    {
        var domain = new RunningDomain(Guid.NewGuid(), name, Running.Count + 1);
        Running.Add(domain);
        Write(domain, processId, emulator);
        return domain;
    }

    public void Write(RunningDomain domain, int processId, string emulator)
    {
        Directory.CreateDirectory(Paths.StatusDirectory);
        File.WriteAllText(Paths.StatusFile(domain.Name), $"""
            <domstatus state='running' reason='booted' pid='{processId}'>
              <domain type='kvm' id='{domain.Id}'>
                <name>{SecurityElement.Escape(domain.Name)}</name>
                <uuid>{domain.Uuid}</uuid>
                <devices><emulator>{emulator}</emulator></devices>
              </domain>
            </domstatus>
            """);
    }
}
