using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Linux;

namespace VirtHandover.Handover;

/// <summary>Runs handovers in keeper processes and assesses domains in this one.</summary>
/// <param name="journals">The directory of journals.</param>
public sealed class KeeperRunner(string journals) : IHandoverRunner, IHandoverRecovery
{
    /// <summary>Enough to look into the faults of some days; at 12 KB each they do not fill a disk.</summary>
    private const int KeptJournals = 100;

    /// <inheritdoc/>
    public Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken) => Preflighting.AssessAsync(domain, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<HandoverProgress> RunAsync(
        HandoverRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(request);
        var (here, there) = UnixSockets.Pair();
        ProcessHandle? keeper = null;
        string? fault = null;
        using (there)
        {
            try
            {
                keeper = Start(request, there);
            }
            catch (LinuxException exception)
            {
                fault = exception.Message;
            }
        }

        if (keeper is null)
        {
            here.Dispose();
            yield return new HandoverProgress.Ended(NotBegun(request, fault ?? ""));
            yield break;
        }

        using (keeper)
        await using (cancellationToken.Register(keeper.Terminate))
        using (here)
        {
            try
            {
                using var socket = new Socket(new SafeSocketHandle(here.DangerousGetHandle(), ownsHandle: false));
                await using var stream = new NetworkStream(socket, ownsSocket: false);
                using var lines = new StreamReader(stream, Encoding.UTF8);
                HandoverReport? report = null;
                while (report is null && await lines.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
                {
                    var progress = Parse(line);
                    if (progress is HandoverProgress.Ended ended)
                        report = ended.Report;
                    else if (progress is not null)
                        yield return progress;
                }

                // End of file without a report: the keeper died. Recovery brings the VM into a safe state and says which.
                if (report is null)
                {
                    _ = await keeper.WaitForExitAsync(TimeSpan.FromSeconds(30), CancellationToken.None).ConfigureAwait(false);
                    var alarms = Channel.CreateUnbounded<string>();
                    var recovery = RecoverAsync(request, alarms.Writer);
                    await foreach (var alarm in alarms.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                        yield return new HandoverProgress.Alarm(alarm);
                    report = await recovery.ConfigureAwait(false);
                }

                yield return new HandoverProgress.Ended(report);
            }
            finally
            {
                // Here, because nobody reads on after the end.
                _ = await keeper.WaitForExitAsync(TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(false);
                _ = ProcessSpawner.Reap(keeper);
            }
        }
    }

    /// <inheritdoc/>
    public Task<HandoverReport?> RecoverAsync(long id, Guid domain, IProgress<string> alarm, CancellationToken cancellationToken) =>
        HandoverRecovery.RecoverAsync(journals, id, alarm, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<long> Unfinished() => HandoverJournal.Unfinished(journals);

    private async Task<HandoverReport> RecoverAsync(HandoverRequest request, ChannelWriter<string> alarms)
    {
        try
        {
            return await HandoverRecovery.RecoverAsync(
                journals, request.Id, new AlarmSink(sentence => alarms.TryWrite(sentence)), CancellationToken.None).ConfigureAwait(false)
                ?? NotBegun(request, "The keeper process ended before it began.");
        }
        finally
        {
            alarms.Complete();
        }
    }

    private ProcessHandle Start(HandoverRequest request, SafeHandle output)
    {
        HandoverJournal.Prune(journals, KeptJournals);
        using var journal = HandoverJournal.TryOpen(journals, request.Id)
            ?? throw new LinuxException(0, $"Its journal {HandoverJournal.FileName(journals, request.Id)} belongs to another process.");
        // Numbers begin anew when the database was lost; what an old handover of this number left unfinished must not be built upon.
        if (HandoverTrace.Of(HandoverJournal.Read(journal.Path)) is { Report: null } old)
            throw new LinuxException(0, $"The journal {journal.Path} tells of an unfinished handover of VM {old.Opened.Name}; restart virt-handoverd, which ends it.");
        journal.Clear();

        var json = JsonSerializer.Serialize(request, HandoverJson.Default.HandoverRequest);
        var environment = new List<string>();
        foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
            environment.Add($"{entry.Key}={entry.Value}");
        using var errors = new Microsoft.Win32.SafeHandles.SafeFileHandle(2, ownsHandle: false);
        return ProcessSpawner.Spawn(
            Environment.ProcessPath!,
            [Environment.ProcessPath!, Keeper.Role, json, journal.Path],
            environment,
            [new InheritedDescriptor(output, 1), new InheritedDescriptor(errors, 2), new InheritedDescriptor(journal.Descriptor, Keeper.JournalDescriptor)]);
    }

    private static HandoverProgress? Parse(string line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, HandoverJson.Default.HandoverProgress);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static HandoverReport NotBegun(HandoverRequest request, string why) => new()
    {
        Id = request.Id,
        Domain = request.Domain,
        Name = "",
        Outcome = HandoverOutcome.Undone,
        Sentence = $"The handover of VM {request.Domain} could not be begun; it runs on the old QEMU, untouched. {why}",
        StartedAt = TimeProvider.System.GetUtcNow(),
    };
}
