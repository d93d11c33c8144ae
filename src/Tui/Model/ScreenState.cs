using System.Collections.Immutable;
using VirtHandover.Bus.Client;

namespace VirtHandover.Tui.Model;

/// <summary>What fills the screen.</summary>
internal enum ScreenPage
{
    Queue,
    Details,
    Pauses,
    Log,
    Help,
}

/// <summary>Whether the service answers.</summary>
internal abstract record ServiceState
{
    /// <summary>Not heard of yet.</summary>
    internal sealed record Connecting : ServiceState;

    /// <summary>Its snapshots come in.</summary>
    internal sealed record Present : ServiceState;

    /// <summary>It cannot be reached; what is shown is old.</summary>
    internal sealed record Away(string Sentence) : ServiceState;
}

/// <summary>One line of the session's log.</summary>
internal sealed record LogEntry(DateTimeOffset At, string Text, Tone Tone);

/// <summary>A filter that is being typed.</summary>
/// <param name="Text">So far.</param>
/// <param name="Before">What Esc goes back to.</param>
/// <param name="Error">Why it cannot be read; empty when it can.</param>
internal sealed record FilterEntry(string Text, QueueFilter Before, string Error);

/// <summary>Everything the screen shows follows from this and its size.</summary>
internal sealed record ScreenState
{
    public const int MostLogEntries = 1000;

    /// <summary>The last snapshot; null before the first.</summary>
    public HostView? View { get; init; }

    /// <summary>The past handovers.</summary>
    public ReportBook Book { get; init; } = ReportBook.Empty;

    public ServiceState Service { get; init; } = new ServiceState.Connecting();

    /// <summary>The domain under the cursor: by UUID, so that it stays when rows come and go.</summary>
    public Guid? Selected { get; init; }

    /// <summary>Where it was, for when it goes.</summary>
    public int SelectedRow { get; init; }

    /// <summary>Domains that the next action is about instead of the one under the cursor.</summary>
    public ImmutableHashSet<Guid> Marked { get; init; } = [];

    public QueueFilter Filter { get; init; } = QueueFilter.Everything;

    /// <summary>Not null while a filter is being typed: keys are letters then.</summary>
    public FilterEntry? Entry { get; init; }

    public SortKey Sort { get; init; }

    /// <summary>The order of the last sorting; domains that came later follow. Empty for the order of names.</summary>
    public ImmutableList<Guid> Order { get; init; } = [];

    /// <summary>The first row of the queue that is visible.</summary>
    public int Top { get; init; }

    public ScreenPage Page { get; init; }

    /// <summary>The first line of the page that is visible.</summary>
    public int Scroll { get; init; }

    public string Message { get; init; } = "";

    public Tone MessageTone { get; init; }

    public ImmutableList<LogEntry> Log { get; init; } = [];

    /// <summary>The rows in the order in which they are shown.</summary>
    public IReadOnlyList<DomainView> Rows => QueueRows.Of(this);

    public DomainView? SelectedDomain => View?.Domains.FirstOrDefault(domain => domain.Uuid == Selected);

    public ScreenState Say(string sentence, Tone tone) => this with { Message = sentence, MessageTone = tone };

    public ScreenState Note(DateTimeOffset at, string text, Tone tone)
    {
        var log = Log.Add(new LogEntry(at, text, tone));
        return this with { Log = log.Count > MostLogEntries ? log.RemoveAt(0) : log };
    }
}
