using Serilog;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>The parts that the front works with: all of them ask the worker.</summary>
public static class RemoteParts
{
    /// <summary>Makes them.</summary>
    /// <param name="worker">The worker.</param>
    /// <param name="options">The configuration.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">The service's log.</param>
    public static QueueParts Of(WorkerClient worker, QueueOptions options, TimeProvider time, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(options);
        var detector = new RemoteDetector(worker);
        var handovers = new RemoteHandovers(worker, time, log);
        var host = new RemoteHost(worker, time, log);
        return new QueueParts(options, detector, handovers, handovers, host, detector.Identify, time, log)
        {
            Definitions = new RemoteDefinitions(worker),
            Hold = host,
            Notices = host,
            Watch = host,
            Canary = options.Canary ? handovers : null,
        };
    }
}
