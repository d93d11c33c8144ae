namespace VirtHandover.Handover.Recovery;

/// <summary>Ends a target that is not to have the guest.</summary>
internal static class TargetEnd
{
    internal static void Run(HandoverTrace trace)
    {
        if (trace.Target is not { } started)
            return;
        ForcedEnd.Of(started.Target, "new");
        File.Delete(started.MonitorPath);
    }
}
