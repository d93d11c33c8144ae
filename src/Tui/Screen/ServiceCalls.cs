using VirtHandover.Bus.Client;
using VirtHandover.Tui.Format;
using VirtHandover.Tui.Model;

namespace VirtHandover.Tui.Screen;

/// <summary>Carries out what a key asked for and says how it went, in the message line and in the log.</summary>
/// <param name="link">The service.</param>
/// <param name="report">Takes a change of the screen's state; may be called from any thread.</param>
/// <param name="time">Clock of the log.</param>
/// <param name="program">What the twins begin with.</param>
internal sealed class ServiceCalls(ServiceLink link, Action<Func<ScreenState, ScreenState>> report, TimeProvider time, string program)
{
    /// <summary>Never throws: what goes wrong becomes a sentence on the screen.</summary>
    public async Task DoAsync(ScreenEffect.Call call, CancellationToken cancellationToken)
    {
        Note($"= {program}{Twin(call)}", Tone.Dim);
        try
        {
            if (call.Domains.Count == 0)
            {
                Say(await AboutAllAsync(call, cancellationToken).ConfigureAwait(false), Tone.Good);
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
                    var sentence = Told(e, call with { Domains = [domain] });
                    refusals.Add(sentence);
                    Note(sentence, Tone.Bad);
                }
            }

            Conclude(call, done, refusals);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            var sentence = e is ServiceException fault ? Told(fault, call) : e.Message;
            Note(sentence, Tone.Bad);
            Say(sentence, Tone.Bad);
        }
    }

    /// <summary>The same on the command line, behind the program's name.</summary>
    public static string Twin(ScreenEffect.Call call)
    {
        var domains = string.Join(' ', call.Domains.Select(domain => ShellWord.Domain(domain.Name, domain.Uuid)));
        return call.Verb switch
        {
            ServiceVerb.Approve => $" approve {domains}",
            ServiceVerb.Defer => $" defer {domains} --until {ShellWord.Quote(call.UntilText)}" + (call.Reason.Length > 0 ? $" --reason {ShellWord.Quote(call.Reason)}" : ""),
            ServiceVerb.Undefer => $" undefer {domains}",
            ServiceVerb.Cancel => $" cancel {domains}",
            ServiceVerb.Retry => $" retry {domains}",
            ServiceVerb.Rehearse => $" rehearse {domains}",
            ServiceVerb.PauseQueue => $" queue pause{(call.Reason.Length > 0 ? $" {ShellWord.Quote(call.Reason)}" : "")}",
            ServiceVerb.ResumeQueue => " queue resume",
            _ => " rescan",
        };
    }

    private async Task<string> AboutAllAsync(ScreenEffect.Call call, CancellationToken cancellationToken)
    {
        switch (call.Verb)
        {
            case ServiceVerb.PauseQueue:
                await link.Present.PauseQueueAsync(call.Reason, cancellationToken).ConfigureAwait(false);
                return "The queue is paused; what runs goes on, nothing else starts. p goes on.";
            case ServiceVerb.ResumeQueue:
                await link.Present.ResumeQueueAsync(cancellationToken).ConfigureAwait(false);
                return "The queue goes on.";
            case ServiceVerb.Rescan:
                await link.Present.RescanAsync(cancellationToken).ConfigureAwait(false);
                return "The service looks at all domains again.";
            default:
                throw new InvalidOperationException($"{call.Verb} is about domains.");
        }
    }

    private async Task<string> OneAsync(ScreenEffect.Call call, DomainView domain, CancellationToken cancellationToken)
    {
        var service = link.Present;
        switch (call.Verb)
        {
            case ServiceVerb.Approve:
                await service.ApproveAsync(domain.Uuid, maxPause: null, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is approved.";
            case ServiceVerb.Defer:
                await service.DeferAsync(domain.Uuid, call.Until!.Value, call.Reason, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is deferred until {Time.Moment.Full(call.Until.Value, time.LocalTimeZone)}.";
            case ServiceVerb.Undefer:
                await service.UndeferAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is not deferred any more.";
            case ServiceVerb.Cancel:
                await service.CancelAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is cancelled.";
            case ServiceVerb.Retry:
                await service.RetryAsync(domain.Uuid, cancellationToken).ConfigureAwait(false);
                return $"{domain.Name} is looked at again.";
            case ServiceVerb.Rehearse:
                Say($"Rehearsing {domain.Name}; its guest notices nothing.", Tone.Busy);
                var result = await service.RunAsync(domain.Uuid, rehearse: true, maxPause: null, cancellationToken).ConfigureAwait(false);
                Note($"{domain.Name}: {result.Sentence}", ReportLines.ToneOf(result.Outcome));
                return result.Sentence;
            default:
                throw new InvalidOperationException($"{call.Verb} is not about one domain.");
        }
    }

    /// <summary>A password cannot be asked for on a screen that is drawn; the command line can, on this machine.</summary>
    private string Told(ServiceException e, ScreenEffect.Call call) =>
        e.Fault == ServiceFault.NotAuthorized && program == Cli.CommandLine.Name
            ? $"{e.Message} The command line asks for a password: {program}{Twin(call)}"
            : e.Message;

    private void Conclude(ScreenEffect.Call call, int done, List<string> refusals)
    {
        if (refusals.Count > 0)
        {
            Say(call.Domains.Count == 1 ? refusals[0] : $"{done} of {call.Domains.Count} done. {refusals[0]}", Tone.Bad);
        }
        else if (done > 1)
        {
            Say($"{done} domains are {Participle(call.Verb)}.", Tone.Good);
        }
    }

    private static string Participle(ServiceVerb verb) => verb switch
    {
        ServiceVerb.Approve => "approved",
        ServiceVerb.Defer => "deferred",
        ServiceVerb.Undefer => "not deferred any more",
        ServiceVerb.Cancel => "cancelled",
        ServiceVerb.Retry => "looked at again",
        _ => "rehearsed; the log tells more",
    };

    private void Say(string sentence, Tone tone) => report(state => state.Say(sentence, tone));

    private void Note(string text, Tone tone)
    {
        var now = time.GetUtcNow();
        report(state => state.Note(now, text, tone));
    }
}
