using System.Globalization;
using System.Text.Json.Serialization;
using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>One piece of news for the administrator's own programs; everything in it is text that may stand in their environment.</summary>
/// <param name="Event"><c>pending</c>, <c>done</c>, <c>failed</c> or <c>paused</c>.</param>
/// <param name="Sentence">What happened.</param>
/// <param name="Names">The VMs, one a line; escaped, so that one line is one VM. Empty for news of the whole queue.</param>
/// <param name="Uuids">Their UUIDs, one a line.</param>
/// <param name="Result">The handover's result; null when it is about none.</param>
public sealed record Notice(string Event, string Sentence, string Names, string Uuids, NoticeResult? Result)
{
    /// <summary>A UUID and a line break.</summary>
    private const int UuidChars = 37;

    // Kernel limit for one string is 128 KiB: thousands of names must not keep the program from starting.
    private const int MostChars = 30_000;
    private const int MostUuids = 3000;

    /// <summary>The events that there are.</summary>
    internal static IReadOnlyList<string> Events { get; } = ["pending", "done", "failed", "paused"];

    /// <summary>Whether it is what <see cref="Of"/> makes; whoever passes it on may be somebody else.</summary>
    [JsonIgnore]
    internal bool IsSound => Events.Contains(Event) && IsText(Sentence, MostChars) && IsText(Names, MostChars) && IsText(Uuids, MostUuids * UuidChars)
        && (Result is null || IsText(Result.By, MostChars));

    /// <summary>As environment variables.</summary>
    [JsonIgnore]
    internal IReadOnlyDictionary<string, string?> Environment
    {
        get
        {
            var variables = new Dictionary<string, string?>
            {
                ["VIRT_HANDOVER_EVENT"] = Event,
                ["VIRT_HANDOVER_SENTENCE"] = Sentence,
                ["VIRT_HANDOVER_NAMES"] = Names,
                ["VIRT_HANDOVER_UUIDS"] = Uuids,
            };
            if (Result is not null)
            {
                variables["VIRT_HANDOVER_ID"] = Result.Id.ToString(CultureInfo.InvariantCulture);
                variables["VIRT_HANDOVER_OUTCOME"] = PhaseWords.Of(Result.Outcome);
                variables["VIRT_HANDOVER_PAUSE_US"] = Result.PauseMicroseconds.ToString(CultureInfo.InvariantCulture);
                variables["VIRT_HANDOVER_BY"] = Result.By;
            }

            return variables;
        }
    }

    /// <summary>Makes one.</summary>
    /// <param name="what">The event.</param>
    /// <param name="sentence">What happened.</param>
    /// <param name="domains">Which VMs.</param>
    /// <param name="report">The handover's result; null when it is about none.</param>
    internal static Notice Of(string what, string sentence, IReadOnlyList<Upgrade> domains, HandoverReport? report = null) => new(
        what,
        Clean(ForeignText.Escape(sentence)),
        Clean(string.Join('\n', domains.Select(domain => ForeignText.Escape(domain.Name)))),
        string.Join('\n', domains.Take(MostUuids).Select(domain => domain.Domain.ToString("D"))),
        report is null ? null : new NoticeResult(report.Id, report.Outcome, report.PauseMicroseconds, Clean(ForeignText.Escape(report.By))));

    private static string Clean(string text) => text.Length > MostChars ? text[..MostChars] : text;

    private static bool IsText(string text, int most) => text.Length <= most && !text.Any(c => char.IsControl(c) && c != '\n');
}
