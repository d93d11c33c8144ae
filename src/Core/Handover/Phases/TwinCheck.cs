namespace VirtHandover.Handover.Phases;

internal static class TwinCheck
{
    internal static Task<IReadOnlyList<Finding>> RunAsync(Begun begun, Target target, CancellationToken cancellationToken)
    {
        _ = begun; _ = target; _ = cancellationToken;
        return Task.FromResult<IReadOnlyList<Finding>>([]);
    }
}
