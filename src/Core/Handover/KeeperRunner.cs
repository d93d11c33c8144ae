using System.Collections.Concurrent;
using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Serilog;
using VirtHandover.Contract;
using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Recovery;
using VirtHandover.Linux;
using VirtHandover.Linux.Launch;

namespace VirtHandover.Handover;

/// <summary>Runs handovers in keeper processes and assesses domains in this one.</summary>
/// <param name="journals">The directory of journals.</param>
/// <param name="log">The log.</param>
public sealed class KeeperRunner(string journals, ILogger log) : IHandoverRunner, IHandoverRecovery
{
    /// <summary>Enough to look into the faults of some days; at 12 KB each they do not fill a disk.</summary>
    private const int KeptJournals = 100;

    /// <summary>What recoveries of this process have ended, whether or not that could be written down.</summary>
    private readonly ConcurrentDictionary<long, HandoverReport> _ended = new();

    /// <summary>The program that has the keeper's role, and the arguments before the role's; in tests another one.</summary>
    internal (string Path, IReadOnlyList<string> Arguments) Program { get; init; } = Launch.Host;

    /// <inheritdoc/>
    public Task<Assessment> AssessAsync(Guid domain, CancellationToken cancellationToken) => Preflighting.AssessAsync(domain, cancellationToken);

    /// <inheritdoc/>
    public async IAsyncEnumerable<HandoverNews> RunAsync(IReadOnlyList<HandoverOrder> orders)
    {
        ArgumentNullException.ThrowIfNull(orders);
        var requests = orders.Select(order => order.Request).ToList();
        var (here, there) = UnixSockets.Pair();
        ProcessHandle? keeper = null;
        string? fault = null;
        using (there)
        {
            try
            {
                keeper = Start(requests, there);
            }
            catch (LinuxException exception)
            {
                fault = exception.Message;
            }
        }

        if (keeper is null)
        {
            here.Dispose();
            foreach (var request in requests)
                yield return Ended(NotBegun(request, fault ?? ""));
            yield break;
        }

        using (keeper)
        using (here)
        {
            var cancels = new List<CancellationTokenRegistration>();
            using var ended = new CancellationTokenSource();
            Task? watch = null;
            try
            {
                using var socket = new Socket(new SafeSocketHandle(here.DangerousGetHandle(), ownsHandle: false));
                await using var stream = new NetworkStream(socket, ownsSocket: false);
                using var lines = new StreamReader(stream, Encoding.UTF8);
                cancels.AddRange(orders.Select(order => order.Cancel.Register(() => Cancel(socket, order.Request.Id))));
                var open = requests.ToDictionary(request => request.Id);
                while (open.Count > 0 && await lines.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
                {
                    if (Parse(line) is not { } news || !open.ContainsKey(news.Id))
                        continue;
                    if (news.Progress is HandoverProgress.Ended)
                        _ = open.Remove(news.Id);
                    if (news.Progress is HandoverProgress.Entered { Phase: HandoverPhase.Quiesce })
                        watch ??= new OverdueKeeper(journals).WatchAsync(news.Id, ended.Token);
                    yield return news;
                }

                // End of file without a report: the keeper died. Recovery brings each VM into a safe state and says which.
                if (open.Count > 0)
                    _ = await keeper.WaitForExitAsync(TimeSpan.FromSeconds(30), CancellationToken.None).ConfigureAwait(false);
                foreach (var request in open.Values)
                {
                    var alarms = Channel.CreateUnbounded<string>();
                    var recovery = RecoverAsync(request, alarms.Writer);
                    await foreach (var alarm in alarms.Reader.ReadAllAsync(CancellationToken.None).ConfigureAwait(false))
                        yield return new HandoverNews(request.Id, new HandoverProgress.Alarm(alarm));
                    yield return Ended(await recovery.ConfigureAwait(false));
                }
            }
            finally
            {
                foreach (var cancel in cancels)
                    await cancel.DisposeAsync().ConfigureAwait(false);
                await ended.CancelAsync().ConfigureAwait(false);
                await (watch ?? Task.CompletedTask).ConfigureAwait(false);
                // Here, because nobody reads on after the end.
                _ = await keeper.WaitForExitAsync(TimeSpan.FromSeconds(5), CancellationToken.None).ConfigureAwait(false);
                ProcessSpawner.Leave(keeper, TimeSpan.Zero);
            }
        }
    }

    /// <inheritdoc/>
    public async Task<HandoverReport?> RecoverAsync(long id, Guid domain, IProgress<string> alarm, CancellationToken cancellationToken)
    {
        // One recovery ends all that ran together; none of them is to be ended a second time because its journal does not tell.
        if (_ended.TryGetValue(id, out var known) && IsOf(known, domain))
            return known;
        foreach (var (number, report) in await HandoverRecovery.RecoverTogetherAsync(journals, id, alarm, log, cancellationToken).ConfigureAwait(false))
            _ended[number] = report;
        return _ended.GetValueOrDefault(id) is { } ended && IsOf(ended, domain) ? ended : null;
    }

    /// <summary>Numbers begin anew with a new database: a journal of the same number may tell of another VM.</summary>
    private static bool IsOf(HandoverReport report, Guid domain) => domain == Guid.Empty || report.Domain == Guid.Empty || report.Domain == domain;

    /// <inheritdoc/>
    public Task<IReadOnlyList<long>> UnfinishedAsync(CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<long>>([.. HandoverRecovery.NotEnded(journals).Where(id => !_ended.ContainsKey(id))]);

    private async Task<HandoverReport> RecoverAsync(HandoverRequest request, ChannelWriter<string> alarms)
    {
        try
        {
            return await RecoverAsync(
                request.Id, request.Domain, new AlarmSink(sentence => alarms.TryWrite(sentence)), CancellationToken.None).ConfigureAwait(false)
                ?? NotBegun(request, "The keeper process ended before it began.");
        }
        finally
        {
            alarms.Complete();
        }
    }

    private ProcessHandle Start(IReadOnlyList<HandoverRequest> requests, SafeHandle channel)
    {
        HandoverJournal.Prune(journals, KeptJournals);
        // Numbers begin anew when the database was lost.
        foreach (var request in requests)
            _ = _ended.TryRemove(request.Id, out _);
        var opened = new List<HandoverJournal>();
        try
        {
            foreach (var request in requests)
                opened.Add(OpenJournal(request));
            var json = JsonSerializer.Serialize(requests, HandoverJson.Default.IReadOnlyListHandoverRequest);
            var environment = new List<string>();
            foreach (System.Collections.DictionaryEntry entry in Environment.GetEnvironmentVariables())
                environment.Add($"{entry.Key}={entry.Value}");
            using var errors = new Microsoft.Win32.SafeHandles.SafeFileHandle(2, ownsHandle: false);
            return ProcessSpawner.Spawn(
                Program.Path,
                [.. Program.Arguments, Keeper.Role, json, journals],
                environment,
                [
                    new InheritedDescriptor(channel, 0),
                    new InheritedDescriptor(channel, 1),
                    new InheritedDescriptor(errors, 2),
                    .. opened.Select((journal, index) => new InheritedDescriptor(journal.Descriptor, Keeper.FirstJournal + index)),
                ]);
        }
        finally
        {
            opened.ForEach(journal => journal.Dispose());
        }
    }

    private HandoverJournal OpenJournal(HandoverRequest request)
    {
        var journal = HandoverJournal.TryOpen(journals, request.Id)
            ?? throw new LinuxException(0, $"Its journal {HandoverJournal.FileName(journals, request.Id)} belongs to another process.");
        try
        {
            // Numbers begin anew when the database was lost; what an old handover of this number left unfinished must not be built upon.
            var old = HandoverTrace.Of(HandoverJournal.Read(journal.Path));
            if (old is { Report: null })
                throw new LinuxException(0, $"The journal {journal.Path} tells of an unfinished handover of VM {old.Opened.Name}; restart virt-handoverd, which ends it.");
            if (old is { IsHidden: true })
            {
                throw new LinuxException(
                    0, $"The journal {journal.Path} belongs to VM {old.Opened.Name}, which is out of libvirt's sight; settle that first, with '{Stranding.Settle}'.");
            }
            journal.Clear();
            return journal;
        }
        catch
        {
            journal.Dispose();
            throw;
        }
    }

    private static void Cancel(Socket keeper, long id)
    {
        try
        {
            _ = keeper.Send(Encoding.ASCII.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{Keeper.CancelWord}{id}\n")));
        }
        catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
        {
            // It has ended meanwhile.
        }
    }

    /// <summary>Reads what a keeper says; null when it is nothing that is understood.</summary>
    internal static HandoverNews? Parse(string line) => ForeignJson.TryRead(line, HandoverJson.Default.HandoverNews);

    private static HandoverNews Ended(HandoverReport report) => new(report.Id, new HandoverProgress.Ended(report));

    private static HandoverReport NotBegun(HandoverRequest request, string why) => new()
    {
        Id = request.Id,
        Domain = request.Domain,
        Name = request.Name,
        Outcome = HandoverOutcome.Undone,
        Sentence = $"The handover of {request.Subject} could not be begun; it runs on the old QEMU, untouched. {why}",
        StartedAt = TimeProvider.System.GetUtcNow(),
    };
}
