using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli;

/// <summary>One handover or rehearsal: shows how far it is while it runs, prints its report, gives the exit code.</summary>
internal sealed class OneHandover(CliContext context, Output output)
{
    private const int WidthOfAFile = 120;

    /// <summary>Runs it to its end.</summary>
    /// <param name="service">The service.</param>
    /// <param name="domain">The domain.</param>
    /// <param name="rehearse">Stop after the twin check.</param>
    /// <param name="maxPause">How long the guest may stand still; null: as its policy says.</param>
    /// <param name="oneLine">With <c>--json</c>: one line a document, for several documents.</param>
    /// <param name="cancellationToken">Stops waiting; the handover goes on.</param>
    public async Task<int> RunAsync(
        IHandoverService service, DomainView domain, bool rehearse, TimeSpan? maxPause, bool oneLine, CancellationToken cancellationToken)
    {
        try
        {
            var report = await new ProgressLine(context, output)
                .WhileAsync(service, domain, () => service.RunAsync(domain.Uuid, rehearse, maxPause, cancellationToken), cancellationToken).ConfigureAwait(false);
            if (output.Json)
            {
                output.Document(JsonMap.Run(report), json => json.RunJson, oneLine);
            }
            else
            {
                output.Lines(ReportLines.Of(report, Math.Min(output.Width, WidthOfAFile), output.Glyphs, context.Zone));
            }

            return ExitCode.Of(report.Outcome);
        }
        catch (OperationCanceledException)
        {
            output.Message($"Stopped waiting; the handover goes on. See: virt-handover show {ShellWord.Domain(domain.Name, domain.Uuid)}");
            throw;
        }
    }
}
