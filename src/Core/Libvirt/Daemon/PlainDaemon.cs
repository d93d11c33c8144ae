using VirtHandover.Linux;
using VirtHandover.Linux.Proc;

namespace VirtHandover.Libvirt;

/// <summary>The daemon without systemd, as in containers: a process with arguments and an environment.</summary>
internal sealed class PlainDaemon : LibvirtDaemon, IDisposable
{
    private readonly List<InheritedDescriptor> _standard;
    private readonly LibvirtPaths _paths;

    private PlainDaemon(ProcessIdentity process, DaemonRecipe recipe, List<InheritedDescriptor> standard, LibvirtPaths paths)
        : base(process, Path.GetFileName(recipe.Program))
    {
        Recipe = recipe;
        _standard = standard;
        _paths = paths;
    }

    internal override DaemonRecipe Recipe { get; }

    /// <exception cref="ProcException">It has ended.</exception>
    internal static PlainDaemon Read(ProcessIdentity process, LibvirtPaths paths)
    {
        var id = process.ProcessId;
        // The package that brought the new QEMU may have brought a new libvirt as well: start what is on disk now.
        var program = ProcFile.ReadLink(ProcRoot.Host.File(id, "exe")).Replace(" (deleted)", "", StringComparison.Ordinal);
        var recipe = new DaemonRecipe(
            [],
            program,
            ProcessCommandLine.Read(ProcRoot.Host, id),
            ProcessCommandLine.ReadEnvironment(ProcRoot.Host, id));

        // Its output goes where it went, a container's log for example.
        var standard = new List<InheritedDescriptor>();
        try
        {
            using var handle = ProcessHandle.Open(id);
            foreach (var number in (int[])[0, 1, 2])
                standard.Add(new InheritedDescriptor(handle.DuplicateDescriptor(number), number));
        }
        catch (LinuxException)
        {
            standard.Clear(); // closed there, or not to be had: /dev/null then
        }

        return new PlainDaemon(process, recipe, standard, paths);
    }

    public void Dispose() => _standard.ForEach(descriptor => descriptor.Handle.Dispose());

    internal override Task RequestStopAsync(CancellationToken cancellationToken)
    {
        if (Process.ProcessId == 1)
            throw new LibvirtException(0, "The libvirt daemon is process 1 of its container; stopping it would end the container.");
        using var handle = ProcessHandle.TryOpen(Process);
        handle?.Terminate();
        return Task.CompletedTask;
    }

    internal override Task StartAsync(CancellationToken cancellationToken) => DaemonStart.RunAsync(Recipe, _standard, _paths, cancellationToken);
}
