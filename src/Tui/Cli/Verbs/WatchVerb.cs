using System.CommandLine;
using System.Globalization;
using VirtHandover.Bus.Client;
using VirtHandover.Tui.Json;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Cli.Verbs;

/// <summary><c>virt-handover watch</c>: tells what changes, until it is interrupted.</summary>
internal sealed class WatchVerb(CliContext context) : Verb(
    context, "watch", "Tell what changes, a line each, until interrupted; with --json one object a line.", "watch", "watch --json")
{
    protected override async Task<int> RunAsync(ParseResult arguments, Output output, CancellationToken cancellationToken)
    {
        HostView? last = null;
        await foreach (var view in new SteadyWatch(Context).ViewsAsync(output.Message, cancellationToken).ConfigureAwait(false))
        {
            if (output.Json)
            {
                Documents(last, view, output);
            }
            else if (last is null)
            {
                Say(new Run(Summary.Of(view.Domains).Text(output.Glyphs)), output);
            }
            else
            {
                foreach (var news in ScreenNews.Differences(last, view))
                {
                    Say(news, output);
                }
            }

            last = view;
        }

        return ExitCode.Ok;
    }

    private void Say(Run news, Output output)
    {
        var time = TimeZoneInfo.ConvertTime(Context.Now, Context.Zone).ToString("HH:mm:ss ", CultureInfo.InvariantCulture);
        output.Lines([new Line(new Run(time, Tone.Dim), news with { Text = output.Glyphs.Safe(news.Text) })]);
    }

    private void Documents(HostView? old, HostView view, Output output)
    {
        var at = Context.Now;
        if (old is null || !JsonMap.SameHost(old, view))
        {
            Print(JsonMap.HostEvent(at, view), output);
        }

        var before = old?.Domains.ToDictionary(domain => domain.Uuid) ?? [];
        foreach (var domain in view.Domains)
        {
            if (!before.Remove(domain.Uuid, out var was) || !JsonMap.Same(was, domain))
            {
                Print(JsonMap.DomainEvent(at, domain), output);
            }
        }

        foreach (var gone in before.Values)
        {
            Print(JsonMap.GoneEvent(at, gone), output);
        }
    }

    private static void Print(EventJson news, Output output) => output.Document(news, json => json.EventJson, oneLine: true);
}
