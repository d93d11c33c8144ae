using System.CommandLine;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover status [--watch]</c>: 0 all done, 1 some failed or blocked, 3 still waiting.</summary>
internal sealed class StatusVerb : Verb
{
    private readonly Option<bool> watch = new("--watch") { Description = "Wait until no domain is pending, approved or running." };
    private readonly Option<TimeSpan?> timeout = CommonOptions.Span("--timeout", "With --watch: give up after this long (exit code 3).");

    public StatusVerb(CliContext context)
        : base(context, "status", "Summarise the queue; with --watch, wait until it is empty.", "status", "status --watch --timeout 10m")
    {
        Options.Add(watch);
        Options.Add(timeout);
    }

    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        var limit = arguments.GetValue(timeout);
        if (limit is not null && !arguments.GetValue(watch))
        {
            throw new UsageException("status: --timeout only means something together with --watch.");
        }

        if (arguments.GetValue(watch))
        {
            return await WatchAsync(output, limit, cancellationToken).ConfigureAwait(false);
        }

        await using var service = await Context.Connect(cancellationToken).ConfigureAwait(false);
        var view = await FirstScan.ReadAsync(service, output, Context.Time, cancellationToken).ConfigureAwait(false);
        Print(view, output, oneLine: false);
        if (!output.Json)
        {
            foreach (var domain in Running(view))
            {
                output.Data($"  {ProgressLine.Text(domain, output.Glyphs)}");
            }
        }

        // Nothing waits, as far as is known, is no answer for a script.
        return FirstScan.IsOver(view) ? CodeOf(Summary.Of(view.Domains)) : ExitCode.Failed;
    }

    private async Task<int> WatchAsync(Output output, TimeSpan? limit, CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(limit ?? Timeout.InfiniteTimeSpan, Context.Time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        var line = new LiveLine(Context, output);
        Summary? last = null;
        try
        {
            await foreach (var view in new SteadyWatch(Context).ViewsAsync(Say, either.Token).ConfigureAwait(false))
            {
                if (!FirstScan.IsOver(view))
                {
                    continue;
                }

                var summary = Summary.Of(view.Domains);
                if (last is null || summary.Text(output.Glyphs) != last.Text(output.Glyphs) || summary.Waiting == 0)
                {
                    line.Show("");
                    Print(view, output, oneLine: true);
                }

                line.Show(output.Json ? "" : string.Join("   ", Running(view).Select(domain => ProgressLine.Text(domain, output.Glyphs))));
                last = summary;
                if (summary.Waiting == 0)
                {
                    return CodeOf(summary);
                }
            }
        }
        catch (OperationCanceledException) when (patience.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
        }
        finally
        {
            line.Show("");
        }

        cancellationToken.ThrowIfCancellationRequested();
        output.Message($"Gave up after {Quantity.Span(limit ?? TimeSpan.Zero)}: {last?.Text(output.Glyphs) ?? "the service said nothing"}.");
        return ExitCode.Pending;

        void Say(string sentence)
        {
            line.Show("");
            output.Message(sentence);
        }
    }

    private static IEnumerable<DomainView> Running(HostView view) => view.Domains.Where(domain => domain.State == "running");

    private static void Print(HostView view, Output output, bool oneLine)
    {
        if (output.Json)
        {
            output.Document(JsonMap.Status(view), json => json.StatusJson, oneLine);
            return;
        }

        output.Data(Summary.Of(view.Domains).Text(output.Glyphs));
        if (view.QueueState != "running")
        {
            output.Message($"The queue is {view.QueueState}. {view.QueueReason}".TrimEnd());
        }

        if (view.Alarm.Length > 0)
        {
            output.Fault(view.Alarm);
        }
    }

    private static int CodeOf(Summary summary) =>
        summary.Waiting > 0 ? ExitCode.Pending : summary["failed"] + summary["blocked"] > 0 ? ExitCode.Failed : ExitCode.Ok;
}
