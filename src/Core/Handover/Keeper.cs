using System.Runtime.InteropServices;
using System.Text.Json;
using VirtHandover.Handover.Journal;
using VirtHandover.Linux;

namespace VirtHandover.Handover;

/// <summary>
/// The process that does one handover: a child of the service, not a part of it, so that the service may be restarted or die at
/// any moment. It takes its request as an argument, tells its progress on standard output, and needs nobody to listen.
/// </summary>
public static class Keeper
{
    /// <summary>The first argument that makes the service's program a keeper.</summary>
    public const string Role = "keeper";

    /// <summary>The descriptor as which a keeper inherits its journal, locked.</summary>
    internal const int JournalDescriptor = 3;

    /// <summary>Runs the keeper.</summary>
    /// <param name="requestJson">A <see cref="HandoverRequest"/>.</param>
    /// <param name="journalPath">The file of the journal that is open as descriptor <see cref="JournalDescriptor"/>.</param>
    /// <returns>The exit code: 0 when a report was given, whatever it says; 65 when the request does not parse; 74 when the journal cannot be written.</returns>
    public static async Task<int> RunAsync(string requestJson, string journalPath)
    {
        HandoverRequest? request;
        try
        {
            request = JsonSerializer.Deserialize(requestJson, HandoverJson.Default.HandoverRequest);
        }
        catch (JsonException)
        {
            request = null;
        }

        if (request is null)
            return 65;

        using var cancel = new CancellationTokenSource();
        using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            cancel.Cancel();
        });
        // The service's terminal or session is none of ours.
        using var hangup = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context => context.Cancel = true);
        using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, context => context.Cancel = true);

        var output = new KeeperOutput(Console.OpenStandardOutput());
        try
        {
            using var journal = HandoverJournal.Inherit(journalPath, JournalDescriptor);
            var report = await new HandoverRun(request, journal, output, TimeProvider.System).RunAsync(cancel.Token).ConfigureAwait(false);
            journal.Close(report, TimeProvider.System.GetUtcNow());
            output.Report(new HandoverProgress.Ended(report));
            return 0;
        }
        catch (LinuxException exception)
        {
            await Console.Error.WriteLineAsync($"<3>{exception.Message}").ConfigureAwait(false);
            return 74;
        }
    }
}
