using VirtHandover.Handover.Phases;
using VirtHandover.Libvirt;
using VirtHandover.Qemu;

namespace VirtHandover.Handover;

/// <summary>The last look: libvirt itself says that it has the domain.</summary>
internal static class LibvirtConfirmation
{
    /// <summary>Waits for the daemon's first answer and the domain's state.</summary>
    /// <param name="domain">The domain's UUID.</param>
    /// <param name="name">The domain's name.</param>
    /// <exception cref="HandoverException">libvirt does not answer, or has not taken the VM over.</exception>
    internal static async Task WaitAsync(Guid domain, string name)
    {
        using var limit = new CancellationTokenSource(Limits.DaemonStart);
        try
        {
            await using var libvirt = await LibvirtConnection.OpenWhenReadyAsync(
                LibvirtConnection.SystemUri, Limits.DaemonStart, limit.Token).ConfigureAwait(false);
            while (true)
            {
                // Adoption runs in a thread of the daemon's: the domain may be listed before its state is settled.
                var (state, _) = await libvirt.StateAsync(domain, limit.Token).ConfigureAwait(false);
                if (state is DomainState.ShutOff or DomainState.Crashed)
                    throw new HandoverException("libvirt did not take the VM over and calls it shut off.");
                if (state != DomainState.Unknown && await AnswersAsync(libvirt, domain, name, limit.Token).ConfigureAwait(false))
                    return;
                await Task.Delay(TimeSpan.FromMilliseconds(2), limit.Token).ConfigureAwait(false);
            }
        }
        catch (Exception exception) when (exception is LibvirtException or OperationCanceledException)
        {
            throw new HandoverException($"libvirt did not confirm the VM within {Limits.DaemonStart.TotalSeconds:0} s: {exception.Message}", exception);
        }
    }

    /// <summary>Whether libvirt answers at all.</summary>
    internal static async Task<bool> IsThereAsync()
    {
        try
        {
            await using var libvirt = await LibvirtConnection.OpenAsync(
                LibvirtConnection.SystemUri, Limits.Command, CancellationToken.None).ConfigureAwait(false);
            _ = await libvirt.ListRunningAsync(CancellationToken.None).ConfigureAwait(false);
            return true;
        }
        catch (LibvirtException)
        {
            return false;
        }
    }

    // The state alone may still be the status file's; an answer through libvirt's monitor is the new QEMU's.
    private static async Task<bool> AnswersAsync(LibvirtConnection libvirt, Guid domain, string name, CancellationToken cancellationToken)
    {
        try
        {
            _ = await new LibvirtQmpChannel(libvirt, domain, name).QueryStatusAsync(cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (LibvirtException exception) when (exception.Code != LibvirtException.NoDomain)
        {
            return false;
        }
    }
}
