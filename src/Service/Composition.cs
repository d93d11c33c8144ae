using Serilog;
using VirtHandover.Canary;
using VirtHandover.Configuration;
using VirtHandover.Detection;
using VirtHandover.Handover;
using VirtHandover.Handover.Records;
using VirtHandover.Libvirt;
using VirtHandover.Queue;

namespace VirtHandover.Service;

/// <summary>The one place where the service's real parts are chosen: the worker's. The front's ask the worker.</summary>
internal static class Composition
{
    /// <summary>The real parts.</summary>
    /// <param name="paths">Where the service's things are.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="libvirt">The connection that they share.</param>
    /// <param name="log">The log.</param>
    public static QueueParts Real(ServicePaths paths, QueueOptions options, LibvirtClient libvirt, ILogger log)
    {
        var handovers = new KeeperRunner(paths.Journals, log);
        var time = TimeProvider.System;
        return new QueueParts(
            options, new Detector(new RealDomains(libvirt)), handovers, handovers, new PackageTransactions(), QemuInstance.Of, time, log)
        {
            Canary = options.Canary ? new CanaryRun(handovers, paths.Canaries, paths.Cache) : null,
            Definitions = new LibvirtDefinitions(libvirt, new LibvirtPaths()),
            Hold = new HoldProbe(options),
            Notices = new NoticePrograms(paths.Notify, log),
            Watch = new DomainHints(libvirt, new DomainRecorder(new LibvirtPaths(), time, log), time),
        };
    }
}
