using System.Globalization;
using VirtHandover.Handover;

namespace VirtHandover.Queue;

/// <summary>One piece of news for the administrator's own programs.</summary>
/// <param name="Event"><c>pending</c>, <c>done</c>, <c>failed</c> or <c>paused</c>.</param>
/// <param name="Sentence">What happened.</param>
/// <param name="Domains">Which VMs; none for news of the whole queue.</param>
/// <param name="Report">The handover's result; null when it is about none.</param>
internal sealed record Notice(string Event, string Sentence, IReadOnlyList<Upgrade> Domains, HandoverReport? Report = null)
{
    /// <summary>As environment variables; a VM's name is escaped, so that one line is one VM.</summary>
    public IReadOnlyDictionary<string, string?> Environment
    {
        get
        {
            var variables = new Dictionary<string, string?>
            {
                ["VIRT_HANDOVER_EVENT"] = Event,
                ["VIRT_HANDOVER_SENTENCE"] = Clean(Printable.Escape(Sentence)),
                ["VIRT_HANDOVER_NAMES"] = Clean(string.Join('\n', Domains.Select(domain => Printable.Escape(domain.Name)))),
                ["VIRT_HANDOVER_UUIDS"] = string.Join('\n', Domains.Select(domain => domain.Domain.ToString("D"))),
            };
            if (Report is not null)
            {
                variables["VIRT_HANDOVER_ID"] = Report.Id.ToString(CultureInfo.InvariantCulture);
                variables["VIRT_HANDOVER_OUTCOME"] = PhaseWords.Of(Report.Outcome);
                variables["VIRT_HANDOVER_PAUSE_US"] = Report.PauseMicroseconds.ToString(CultureInfo.InvariantCulture);
                variables["VIRT_HANDOVER_BY"] = Printable.Escape(Report.By);
            }

            return variables;
        }
    }

    // Kernel limit for one string is 128 KiB: thousands of names must not keep the program from starting.
    private static string Clean(string text) => text.Length > 30_000 ? text[..30_000] : text;
}
