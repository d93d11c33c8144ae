using VirtHandover.Contract;
using VirtHandover.Foreign;

namespace VirtHandover.Queue;

/// <summary>What the administrator has to read: one alarm of each source, and every VM that is stranded.</summary>
internal static class AlarmRule
{
    /// <summary>Raises, changes or ends an alarm.</summary>
    /// <param name="state">The queue.</param>
    /// <param name="source">Whose alarm.</param>
    /// <param name="sentence">What has to be read; null or empty when it is over.</param>
    /// <returns>The queue from now on; the same one when nothing changes.</returns>
    public static QueueState Set(QueueState state, AlarmSource source, string? sentence)
    {
        var alarms = string.IsNullOrEmpty(sentence) ? state.Alarms.Remove(source) : state.Alarms.SetItem(source, ForeignText.Sentence(sentence));
        return alarms == state.Alarms ? state : state with { Alarms = alarms };
    }

    /// <summary>The whole of it, in sentences.</summary>
    public static string Text(QueueState state)
    {
        var stranded = state.Upgrades.Values
            .OrderBy(upgrade => upgrade.Name, StringComparer.Ordinal)
            .Select(upgrade => upgrade.State)
            .OfType<UpgradeState.Failed>()
            .Where(failed => failed.Report.Outcome == HandoverOutcome.Stranded)
            .Select(failed => failed.Sentence);
        return ForeignText.Shorten(string.Join(' ', state.Alarms.Values.Concat(stranded)), ForeignBounds.AlarmChars);
    }
}
