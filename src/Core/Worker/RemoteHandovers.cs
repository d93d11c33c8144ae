using System.Runtime.CompilerServices;
using Serilog;
using VirtHandover.Canary;
using VirtHandover.Contract;
using VirtHandover.Handover;
using VirtHandover.Libvirt;
using VirtHandover.Linux;
using VirtHandover.Queue;

namespace VirtHandover.Worker;

/// <summary>Handovers, their recovery and canaries, in the worker. What must not be given up waits for a worker that is away.</summary>
/// <param name="worker">The worker.</param>
/// <param name="time">The clock.</param>
/// <param name="log">The service's log.</param>
internal sealed class RemoteHandovers(WorkerClient worker, TimeProvider time, ILogger log) : IHandoverRunner, IHandoverRecovery, ICanary
{
    private static readonly TimeSpan s_pause = TimeSpan.FromSeconds(1);

    /// <inheritdoc/>
    public async Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken) =>
        (await worker.AnswerAsync<WorkerReply.Assessed>(new WorkerRequest.Assess(domain), cancellationToken).ConfigureAwait(false)).Assessment;

    /// <inheritdoc/>
    public async IAsyncEnumerable<HandoverNews> RunAsync(IReadOnlyList<HandoverOrder> orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        using var call = await worker.AskAsync(
            new WorkerRequest.Run([.. orders.Select(order => RunOrder.Of(order.Request))]), CancellationToken.None).ConfigureAwait(false);
        var cancels = orders.Select(order => order.Cancel.Register(() => _ = CancelAsync(order.Request.Id))).ToList();
        try
        {
            await foreach (var reply in call.RepliesAsync(CancellationToken.None).ConfigureAwait(false))
            {
                if (reply is WorkerReply.News news)
                    yield return news.Told;
            }
        }
        finally
        {
            foreach (var cancel in cancels)
                await cancel.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<long>> UnfinishedAsync(CancellationToken cancellationToken) => Patiently(
        async () => (await worker.AnswerAsync<WorkerReply.Numbers>(new WorkerRequest.Unfinished(), cancellationToken).ConfigureAwait(false)).Ids,
        cancellationToken);

    /// <inheritdoc/>
    public Task<HandoverReport?> RecoverAsync(long id, Guid domain, IProgress<string> alarm, CancellationToken cancellationToken) => Patiently(
        async () => (await AlarmedAsync<WorkerReply.Recovered>(
            new WorkerRequest.Recover(id, domain), alarm, stop: default, cancellationToken).ConfigureAwait(false)).Report,
        cancellationToken);

    /// <inheritdoc/>
    public async Task<CanaryVerdict> SendAsync(HandoverRequest request, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        try
        {
            // A canary that is cancelled comes to its end all the same, and says to which.
            return (await AlarmedAsync<WorkerReply.Verdict>(
                new WorkerRequest.SendCanary(RunOrder.Of(request)), alarm, cancellationToken, CancellationToken.None).ConfigureAwait(false)).Said;
        }
        catch (WorkerException) when (cancellationToken.IsCancellationRequested)
        {
            return new CanaryVerdict.NotSent("It was cancelled.");
        }
        catch (Exception e) when (e is WorkerException or LibvirtException or LinuxException)
        {
            return new CanaryVerdict.Postponed(e.Message);
        }
    }

    /// <inheritdoc/>
    public void Keep(IReadOnlyCollection<QemuBuild> installed, IReadOnlyCollection<QemuBuild> running)
    {
        // The worker keeps them with each of its scans: no path comes from here.
    }

    /// <inheritdoc/>
    public Task ClearAsync(CancellationToken cancellationToken) => Patiently(
        async () =>
        {
            await worker.DoAsync(new WorkerRequest.ClearCanary(), cancellationToken).ConfigureAwait(false);
            return true;
        },
        cancellationToken);

    private async Task<T> AlarmedAsync<T>(WorkerRequest request, IProgress<string> alarm, CancellationToken stop, CancellationToken cancellationToken)
        where T : WorkerReply
    {
        using var call = await worker.AskAsync(request, cancellationToken).ConfigureAwait(false);
        await using var stopped = stop.Register(call.Stop);
        T? answer = null;
        await foreach (var reply in call.RepliesAsync(cancellationToken).ConfigureAwait(false))
        {
            if (reply is WorkerReply.Alarmed told)
                alarm.Report(told.Text);
            answer = reply as T ?? answer;
        }

        return answer ?? throw new WorkerException("The worker gave no answer.");
    }

    private async Task CancelAsync(long id)
    {
        try
        {
            await worker.DoAsync(new WorkerRequest.Cancel(id), CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is WorkerException or OperationCanceledException)
        {
            log.Warning("Handover {Id} could not be cancelled: {Reason}", id, e.Message);
        }
    }

    private async Task<T> Patiently<T>(Func<Task<T>> ask, CancellationToken cancellationToken, [CallerMemberName] string what = "")
    {
        for (var told = false; ;)
        {
            try
            {
                return await ask().ConfigureAwait(false);
            }
            catch (WorkerException e) when (e.IsAway)
            {
                if (!told)
                    log.Warning("{Reason} The front waits for it ({What}).", e.Message, what);
                told = true;
                await Task.Delay(s_pause, time, cancellationToken).ConfigureAwait(false);
            }
        }
    }
}
