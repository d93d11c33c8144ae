using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;

namespace VirtHandover.Tests.Unit.Queue;

/// <summary>Says what it is told to say; a real one needs libvirt and is tested in the lab.</summary>
internal sealed class FakeCanary : ICanary
{
    public required CanaryVerdict Verdict { get; set; }

    /// <summary>What it does instead of giving its verdict at once.</summary>
    public Func<CancellationToken, Task<CanaryVerdict>>? OnSend { get; set; }

    public int Sent { get; private set; }

    public int Cleared { get; private set; }

    public List<QemuBuild> Kept { get; } = [];

    public Task<CanaryVerdict> SendAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        Sent++;
        return OnSend?.Invoke(cancellationToken) ?? Task.FromResult(Verdict);
    }

    public void Keep(IReadOnlyCollection<QemuBuild> installed, IReadOnlyCollection<QemuBuild> running) => Kept.AddRange(installed);

    public Task ClearAsync(CancellationToken cancellationToken)
    {
        Cleared++;
        return Task.CompletedTask;
    }
}
