using Microsoft.Extensions.Logging;
using VirtHandover.Canary;
using VirtHandover.Configuration;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Handover.Journal;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Queue;

namespace VirtHandover.Service;

/// <summary>The one place where the service's parts are chosen.</summary>
internal static class Composition
{
    /// <summary>Runs the service with the real parts.</summary>
    /// <param name="paths">Where its things are.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="log">The log.</param>
    /// <param name="stopping">Stops it.</param>
    /// <returns>The exit code.</returns>
    public static async Task<int> RunAsync(ServicePaths paths, QueueOptions options, ILogger log, CancellationToken stopping)
    {
        try
        {
            HandoverJournal.ForgetPasswords(paths.Journals);
        }
        catch (LinuxException e)
        {
            log.LogWarning("{Reason}", e.Message);
        }

        await using var libvirt = new LibvirtClient();
        var handovers = new KeeperRunner(paths.Journals);
        var parts = new QueueParts(
            options, new Detector(new RealDomains(libvirt)), handovers, handovers, new PackageTransactions(), QemuInstance.Of, TimeProvider.System, log)
        {
            Canary = options.Canary ? new CanaryRun(handovers, paths.Canaries, paths.Cache) : null,
            Definitions = new LibvirtDefinitions(libvirt, new LibvirtPaths()),
        };
        return await new HandoverService(paths, parts, libvirt, busAddress: null, Roles.Version).RunAsync(stopping).ConfigureAwait(false);
    }
}
