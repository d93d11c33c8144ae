using VirtHandover.Policy;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>What libvirt keeps of the domains, by way of the worker.</summary>
/// <param name="worker">The worker.</param>
internal sealed class RemoteDefinitions(WorkerClient worker) : IDomainDefinitions
{
    /// <inheritdoc/>
    public async Task<DomainPolicy> ReadPolicyAsync(Guid domain, CancellationToken cancellationToken)
    {
        var read = await worker.AnswerAsync<WorkerReply.Policy>(new WorkerRequest.ReadPolicy(domain), cancellationToken).ConfigureAwait(false);
        return read.Problem.Length > 0 ? new DomainPolicy { Problem = read.Problem } : PolicyXml.Read(read.Element);
    }

    /// <inheritdoc/>
    public Task WritePolicyAsync(Guid domain, DomainPolicy policy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(policy);
        return worker.DoAsync(new WorkerRequest.WritePolicy(domain, policy.IsEmpty ? null : PolicyXml.Write(policy)), cancellationToken);
    }

    /// <inheritdoc/>
    public async Task<string> PrepareAsync(Guid domain, string name, CancellationToken cancellationToken) =>
        (await worker.AnswerAsync<WorkerReply.Sentence>(new WorkerRequest.Prepare(domain, name), cancellationToken).ConfigureAwait(false)).Text;
}
