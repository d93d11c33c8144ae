using VirtHandover.Handover.Phases;
using VirtHandover.Linux;

namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a target that is not to have the guest.</summary>
internal static class TargetEnd
{
    // Who is forked while one looks is found by the next look.
    private const int MostLooks = 20;

    internal static async Task RunAsync(HandoverTrace trace, long until = long.MaxValue)
    {
        // A keeper that died in Prepare may have left the old program's twin. It has not run a guest.
        await EndUnnamedAsync(trace.Starting?.Old).ConfigureAwait(false);
        OldTwin.Remove(OldTwin.TreeOf(trace.Opened.Request.Id));
        if (trace.Target is { } started)
            ForcedEnd.Of(started.Target, "new", OutageLimit.Until(until, Limits.ProcessEnd));
        else
            await EndUnnamedAsync(trace.Starting?.New).ConfigureAwait(false);
        MonitorPlace.TryRemove(trace.Opened.MonitorPath, trace.Opened.Request.Id);
    }

    // The keeper may have died between starting it and writing down its number. It holds the socket that it was started with, it and
    // nobody else, whatever program it is on its way to QEMU. Names are proof of nothing: any user can give his socket such a one.
    private static async Task EndUnnamedAsync(BoundSocket? monitor)
    {
        for (var look = 0; look < MostLooks && monitor?.Holders() is { Count: > 0 } holders; look++)
        {
            foreach (var holder in holders)
            {
                using (holder)
                {
                    holder.Kill();
                    if (!await holder.WaitForExitAsync(Limits.ProcessEnd).ConfigureAwait(false))
                        throw new HandoverException($"The new QEMU (process {holder.Id}) was killed and does not end.");
                }
            }
        }
    }
}
