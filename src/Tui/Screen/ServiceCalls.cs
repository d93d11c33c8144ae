using VirtHandover.Bus.Client;
using VirtHandover.Tui.Cli;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>Carries out what a key asked for and says how it went, in the message line and in the log.</summary>
/// <param name="link">The service.</param>
/// <param name="report">Takes a change of the screen's state; may be called from any thread.</param>
/// <param name="time">Clock of the log.</param>
internal sealed class ServiceCalls(ServiceLink link, Action<Func<ScreenState, ScreenState>> report, TimeProvider time)
{
    /// <summary>Never throws: what goes wrong becomes a sentence on the screen.</summary>
    public async Task DoAsync(ScreenEffect.Call call, CancellationToken cancellationToken)
    {
        Note($"= {Twin(call)}", Tone.Dim);
        try
        {
            if (call.Verb == ServiceVerb.Rescan)
            {
                await link.Present.RescanAsync(cancellationToken).ConfigureAwait(false);
                Say("The service looks at all domains again.", Tone.Good);
                return;
            }

            var done = 0;
            var refusals = new List<string>();
            foreach (var domain in call.Domains)
            {
                try
                {
                    var sentence = await OneAsync(call, domain, cancellationToken).ConfigureAwait(false);
                    done++;
                    Say(sentence, Tone.Good);
                }
                catch (ServiceException e)
                {
                    refusals.Add(e.Message);
                    Note(e.Message, Tone.Bad);
                }
            }

            Conclude(call, done, refusals);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Note(e.Message, Tone.Bad);
            Say(e.Message, Tone.Bad);
        }
    }

    /// <summary>The same on the command line.</summary>
    public static string Twin(ScreenEffect.Call call)
    {
        var domains = string.Join(' ', call.Domains.Select(domain => ShellWord.Domain(domain.Name, domain.Uuid)));
        return CommandLine.Name + call.Verb switch
        {
            ServiceVerb.Approve => $" approve {domains}",
            ServiceVerb.Defer => $" defer {domains} --until {ShellWord.Quote(call.UntilText)}",
            ServiceVerb.Cancel => $" cancel {domains}",
            ServiceVerb.Retry => $" retry {domains}",
            ServiceVerb.Rehearse => $" run {domains} --dry-run",
            _ => " rescan",
        };
    }

    private async Task<string> OneAsync(ScreenEffect.Call call, DomainView domain, CancellationToken cancellationToken)
    {
        var service = link.Present;
        switch (call.Verb)
        {
            case ServiceVerb.Approve:
                await service.ApproveAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is approved.";
            case ServiceVerb.Defer:
                await service.DeferAsync(domain.Uuid, call.Until!.Value, reason: "", cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is deferred until {Time.Moment.Full(call.Until.Value, time.LocalTimeZone)}.";
            case ServiceVerb.Cancel:
                await service.CancelAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is cancelled.";
            case ServiceVerb.Retry:
                await service.RetryAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is looked at again.";
            case ServiceVerb.Rehearse:
                Say($"Rehearsing {domain.Name}; its guest notices nothing.", Tone.Busy);
                var result = await service.RunAsync(domain.Uuid, rehearse: true, cancellationToken).ConfigureAwait(false);
                Note($"{domain.Name}: {result.Sentence}", ReportLines.ToneOf(result.Outcome));
                return result.Sentence;
            default:
                throw new InvalidOperationException($"{call.Verb} is not about one domain.");
        }
    }

    private void Conclude(ScreenEffect.Call call, int done, List<string> refusals)
    {
        if (refusals.Count > 0)
        {
            Say(call.Domains.Count == 1 ? refusals[0] : $"{done} of {call.Domains.Count} done. {refusals[0]}", Tone.Bad);
        }
        else if (done > 1)
        {
            Say($"{done} domains are approved.", Tone.Good);
        }
    }

    private void Say(string sentence, Tone tone) => report(state => state.Say(sentence, tone));

    private void Note(string text, Tone tone)
    {
        var now = time.GetUtcNow();
        report(state => state.Note(now, text, tone));
    }
}
