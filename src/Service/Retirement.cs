using Serilog;
using VirtHandover.Configuration;
using VirtHandover.Foreign;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Linux;

namespace VirtHandover.Service;

/// <summary>
/// What has to happen before the package may be removed: no VM is left between its two QEMUs, because the gate that keeps libvirt from
/// starting then goes with the package, and so does the program that could bring the handover to its end; and nobody's approval is left to be
/// carried out by a later installation. The package stops the service first, so that nothing new begins.
/// </summary>
/// <param name="paths">Where the service's things are.</param>
/// <param name="say">Tells whoever removes the package.</param>
/// <param name="takeBack">Takes back what people approved.</param>
/// <param name="log">The log.</param>
internal sealed class Retirement(ServicePaths paths, Action<string> say, Func<Task> takeBack, ILogger log)
{
    /// <summary>How long a removal waits for handovers.</summary>
    internal TimeSpan Patience { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Does it.</summary>
    /// <returns>True when the package may be removed; otherwise it was said why not.</returns>
    public async Task<bool> RunAsync()
    {
        using var limit = new CancellationTokenSource(Patience);
        try
        {
            await HandoverRecovery.EndAllAsync(paths.Journals, new AlarmSink(say), log, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            say($"virt-handover is not removed: a handover has not ended within {Patience.TotalMinutes:0.##} min. The VM is safe as long as virt-handover is installed; remove it when the handover has ended.");
            return false;
        }
        catch (LinuxException e)
        {
            say($"virt-handover is not removed, because it cannot be told whether a handover is under way: {e.Message} The VMs run on; remove it when that file can be read again.");
            return false;
        }

        if (new StrandedVms(paths.Journals, new LibvirtPaths()).Names is { Count: > 0 } stranded)
        {
            say("virt-handover is not removed: these VMs are out of libvirt's sight, and nobody else could give them back: "
                + $"{string.Join(", ", stranded.Select(ForeignText.Escape))}. Settle them first, as root, with '{StrandedVms.Settle}'.");
            return false;
        }

        await takeBack().ConfigureAwait(false);
        return true;
    }
}
