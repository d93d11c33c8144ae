using VirtHandover.Bus.Contract;
using VirtHandover.Policy;

namespace VirtHandover.Bus.Client;

/// <summary>What concerns the queue as a whole, and policies.</summary>
public sealed partial class HandoverServiceClient
{
    /// <inheritdoc/>
    public Task UndeferAsync(Guid domain, CancellationToken cancellationToken) =>
        CallAsync($"end the deferral of {NameOf(domain)}", ToDomain(domain, "Undefer", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task SetPolicyAsync(Guid domain, PolicyChange change, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(change);
        return CallAsync($"change the policy of {NameOf(domain)}", ToDomain(domain, "SetPolicy", PolicyOptions.ToBus(change)), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> PrepareAsync(Guid domain, CancellationToken cancellationToken)
    {
        var purpose = $"prepare {NameOf(domain)}";
        var reply = await CallAsync(purpose, ToDomain(domain, "Prepare", BusValue.NoOptions()), cancellationToken).ConfigureAwait(false);
        return await Guard(purpose, () => Task.FromResult(reply[0].AsText())).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public Task PauseQueueAsync(string reason, CancellationToken cancellationToken) =>
        CallAsync("pause the queue", ToManager("PauseQueue", reason ?? "", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task ResumeQueueAsync(CancellationToken cancellationToken) =>
        CallAsync("resume the queue", ToManager("ResumeQueue", BusValue.NoOptions()), cancellationToken);

    /// <inheritdoc/>
    public Task AssessAllAsync(CancellationToken cancellationToken) =>
        CallAsync("assess the virtual machines", ToManager("AssessAll", BusValue.NoOptions()), cancellationToken);
}
