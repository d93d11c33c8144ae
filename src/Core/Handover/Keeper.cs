using System.Globalization;
using System.Runtime.InteropServices;
using Serilog;
using VirtHandover.Foreign;
using VirtHandover.Handover.Journal;
using VirtHandover.Handover.Phases;
using VirtHandover.Linux;
using VirtHandover.Logging;

namespace VirtHandover.Handover;

/// <summary>
/// The process that does one handover, or several in one outage of libvirt: a child of the service, not a part of it, so that the
/// service may be restarted or die at any moment. It takes its requests as an argument, tells its news on standard output, is told
/// on standard input what to cancel, and needs nobody to listen.
/// </summary>
public static class Keeper
{
    /// <summary>The first argument that makes the service's program a keeper.</summary>
    public const string Role = "keeper";

    /// <summary>The descriptor as which a keeper inherits its first journal, locked; the others follow in the order of the requests.</summary>
    internal const int FirstJournal = 3;

    /// <summary>Before the number of a handover that is to be cancelled, on a line of standard input.</summary>
    internal const string CancelWord = "cancel ";

    /// <summary>Runs the keeper.</summary>
    /// <param name="requestsJson">An array of <see cref="HandoverRequest"/>.</param>
    /// <param name="journals">The directory of the journals that are open from descriptor <see cref="FirstJournal"/> on.</param>
    /// <param name="log">The log; it waits for nobody.</param>
    /// <returns>The exit code: 0 when every report was given, whatever it says; 65 when the requests do not parse; 74 when a journal cannot be written.</returns>
    public static async Task<int> RunAsync(string requestsJson, string journals, ILogger log)
    {
        ArgumentNullException.ThrowIfNull(log);
        if (Parse(requestsJson) is not { Count: > 0 } requests)
            return 65;

        var cancels = requests.ToDictionary(request => request.Id, _ => new CancellationTokenSource());
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            foreach (var cancel in cancels.Values)
                cancel.Cancel();
        });
        // The service's terminal or session is none of ours.
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);
        // Nobody waits for it: its end is the service's, and none of ours.
        _ = ListenAsync(cancels);

        var output = new KeeperOutput(Console.OpenStandardOutput());
        var together = requests.Select(request => request.Id).ToList();
        var runs = new List<HandoverRun>();
        try
        {
            foreach (var request in requests)
            {
                var journal = HandoverJournal.Inherit(HandoverJournal.FileName(journals, request.Id), FirstJournal + runs.Count);
                runs.Add(new HandoverRun(request, together, journal, output.Of(request.Id), TimeProvider.System, log, cancels[request.Id].Token));
            }

            await new HandoverGroup<Prepared, Adopted>(runs, new GroupHost(log)).RunAsync().ConfigureAwait(false);
            return 0;
        }
        catch (LinuxException exception)
        {
            log.ForContext(new About(MessageKind.RoleFailed)).Error("{Reason}", exception.Message);
            return 74;
        }
        finally
        {
            runs.ForEach(run => run.Dispose());
        }
    }

    /// <summary>Reads what is to be handed over; null when it is nothing that is understood.</summary>
    internal static IReadOnlyList<HandoverRequest>? Parse(string json) =>
        ForeignJson.TryRead(json, HandoverJson.Default.IReadOnlyListHandoverRequest);

    private static async Task ListenAsync(Dictionary<long, CancellationTokenSource> cancels)
    {
        using var input = new StreamReader(Console.OpenStandardInput());
        try
        {
            while (await input.ReadLineAsync().ConfigureAwait(false) is { } line)
            {
                if (line.StartsWith(CancelWord, StringComparison.Ordinal) &&
                    long.TryParse(line.AsSpan(CancelWord.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id) &&
                    cancels.GetValueOrDefault(id) is { } cancel)
                {
                    await cancel.CancelAsync().ConfigureAwait(false);
                }
            }
        }
        catch (IOException)
        {
            // The service is gone.
        }
    }
}
