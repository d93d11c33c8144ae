using Serilog;
using VirtHandover.Handover;
using VirtHandover.Logging;

namespace VirtHandover.Queue;

/// <summary>The one way in which a handover that cannot be brought to an end is told of: in the log, and as the queue's alarm until it has ended.</summary>
/// <param name="queue">Shows it.</param>
/// <param name="log">The service's log.</param>
internal sealed class HandoverAlarm(UpgradeQueue queue, ILogger log)
{
    /// <summary>Raises it.</summary>
    /// <param name="what">What it is about.</param>
    /// <param name="sentence">What the administrator has to read.</param>
    public void Raise(About what, string sentence)
    {
        log.ForContext(what).Error("{Alarm}", sentence);
        queue.SetAlarm(AlarmSource.Handover, sentence);
    }

    /// <summary>Ends it.</summary>
    public void End() => queue.SetAlarm(AlarmSource.Handover, null);

    /// <summary>For those who tell of one handover.</summary>
    public AlarmSink Of(HandoverRecord record) => Of(About(MessageKind.Alarm, record));

    /// <summary>For those who tell of a handover of which only the number is known.</summary>
    public AlarmSink Of(long id) => Of(new About(MessageKind.Alarm) { Id = id });

    /// <summary>What a line of the log is about.</summary>
    public static About About(MessageKind kind, HandoverRecord record) => new(kind) { Domain = record.Name, Uuid = record.Domain, Id = record.Id };

    private AlarmSink Of(About what) => new(sentence => Raise(what, sentence));
}
