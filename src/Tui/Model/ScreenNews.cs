using VirtHandover.Bus.Client;
using VirtHandover.Contract;
using VirtHandover.Tui.Format;

namespace VirtHandover.Tui.Model;

/// <summary>What a new snapshot, or its absence, does to the screen's state. Pure.</summary>
internal static class ScreenNews
{
    public static ScreenState Arrived(ScreenState state, HostView view, DateTimeOffset now)
    {
        var next = state with { View = view, Service = new ServiceState.Present() };
        if (state.Service is ServiceState.Away)
        {
            next = next.Say("The service is back.", Tone.Good).Note(now, "The service is back.", Tone.Good);
        }

        if (state.View is { } old)
        {
            next = Differences(old, view).Aggregate(next, (current, news) => current.Note(now, news.Text, news.Tone));
        }
        else
        {
            next = next.Note(now, $"The service {view.ServiceVersion} answers: {Summary.Of(view.Domains).Text(GlyphSet.Unicode)}", Tone.Normal);
        }

        next = next with { Marked = next.Marked.Intersect(view.Domains.Select(domain => domain.Uuid)) };
        return QueueRows.Follow(next);
    }

    /// <summary>Past handovers were read.</summary>
    public static ScreenState Booked(ScreenState state, IReadOnlyList<HandoverReport> reports)
    {
        // The chart of one that has just ended must not wait for the next change.
        var known = state.Book.Reports.Select(report => report.Id).ToHashSet();
        return reports.All(report => known.Contains(report.Id)) ? state : state with { Book = state.Book.With(reports) };
    }

    public static ScreenState WentAway(ScreenState state, string sentence, DateTimeOffset now)
    {
        if (state.Service is not ServiceState.Away away)
        {
            return (state with { Service = new ServiceState.Away(sentence) }).Say(sentence, Tone.Bad).Note(now, sentence, Tone.Bad);
        }

        // Still away, for a reason that may have changed; the message line may have something newer to say.
        return away.Sentence == sentence ? state : (state with { Service = new ServiceState.Away(sentence) }).Note(now, sentence, Tone.Bad);
    }

    /// <summary>What is different between two snapshots, a line each.</summary>
    public static IEnumerable<Run> Differences(HostView old, HostView view)
    {
        var before = old.Domains.ToDictionary(domain => domain.Uuid);
        foreach (var domain in view.Domains)
        {
            if (!before.Remove(domain.Uuid, out var was))
            {
                yield return new Run($"{domain.Name}: runs now, on QEMU {domain.RunningVersion}");
                continue;
            }

            if (domain.State != was.State)
            {
                yield return Turned(domain);
            }
            else if (domain.Phase != was.Phase && domain.Phase.Length > 0)
            {
                yield return new Run($"{domain.Name}: {domain.Phase}", Tone.Dim);
            }
            else if (domain.WaitReason != was.WaitReason && domain.WaitReason.Length > 0)
            {
                yield return new Run($"{domain.Name}: waits. {domain.WaitReason}", Tone.Dim);
            }
            else if (domain.LastSentence != was.LastSentence && domain.LastSentence.Length > 0)
            {
                yield return new Run($"{domain.Name}: {domain.LastSentence}");
            }
        }

        foreach (var gone in before.Values)
        {
            yield return new Run($"{gone.Name}: does not run any more", Tone.Attention);
        }

        if (view.QueueState != old.QueueState)
        {
            yield return new Run($"The queue is {view.QueueState}. {view.QueueReason}".TrimEnd(), view.QueueState == "running" ? Tone.Good : Tone.Attention);
        }

        if (view.Alarm != old.Alarm && view.Alarm.Length > 0)
        {
            yield return new Run(view.Alarm, Tone.Bad);
        }
    }

    private static Run Turned(DomainView domain)
    {
        var tone = StateLook.Of(domain.State, GlyphSet.Ascii).Tone;
        return domain.State switch
        {
            "done" when domain.LastPauseMicroseconds > 0 => new(
                $"{domain.Name}: done, pause {Quantity.Duration(domain.LastPauseMicroseconds)}, total {Quantity.Duration(domain.LastTotalMicroseconds)}", tone),
            "failed" when domain.LastSentence.Length > 0 => new($"{domain.Name}: failed. {domain.LastSentence}", tone),
            "deferred" when domain.DeferReason.Length > 0 => new($"{domain.Name}: deferred ({domain.DeferReason})", tone),
            "approved" when domain.ApprovedBy.Length > 0 => new($"{domain.Name}: approved by {domain.ApprovedBy}", tone),
            _ => new($"{domain.Name}: {domain.State}", tone),
        };
    }
}
