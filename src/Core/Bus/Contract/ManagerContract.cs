using VirtHandover.Bus.Client;
using VirtHandover.Foreign;

namespace VirtHandover.Bus.Contract;

/// <summary><c>org.virthandover.Handover1.Manager</c>; its documentation is <c>data/dbus/org.virthandover.Handover1.Manager.xml</c>.</summary>
internal static class ManagerContract
{
    /// <summary>More reports in one reply than this are not given, whatever is asked for: a D-Bus message has its limit.</summary>
    internal const uint MaximumHistory = 10_000;

    /// <summary>More are not given to others than root: some MiB of memory, where ten thousand would be a hundred.</summary>
    internal const uint MaximumHistoryOfOthers = 1000;

    internal static InterfaceDefinition Definition { get; } = new InterfaceBuilder<PublishedManager>(HandoverNames.Manager)
        .Method("NotifyUpdate", [new("s", "source"), new("as", "paths")], async (manager, call) =>
        {
            await Bouncer.DemandAsync(call).ConfigureAwait(false);
            await manager.Requests.NotifyUpdateAsync(call.Arguments[0].AsText(), call.Arguments[1].AsStrings(), manager.Stopping)
                .ConfigureAwait(false);
        })
        .Method("Rescan", [ArgumentDefinition.Options], async (manager, call) =>
        {
            await Bouncer.DemandAsync(call).ConfigureAwait(false);
            CallOptions.Read(call);
            await manager.Requests.RescanAsync(manager.Stopping).ConfigureAwait(false);
        })
        .Method("Run", [new("o", "domain"), ArgumentDefinition.Options], [new("t", "id")], async (manager, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            var options = CallOptions.Read(call, "rehearse", PolicyOptions.MaxPause);
            var rehearse = CallOptions.Get(options, "rehearse", BusValueReading.AsBoolean, false);
            var id = await manager.Requests.RunAsync(Domain(call.Arguments[0].AsPath()), rehearse, PolicyOptions.Allowed(options), caller, manager.Stopping).ConfigureAwait(false);
            return [(ulong)id];
        })
        .Method("History", [new("s", "domain_uuid"), new("u", "limit"), ArgumentDefinition.Options], [new("aa{sv}", "reports")], async (manager, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            var limit = (int)Math.Min(call.Arguments[1].AsUInt32(), caller.UserId == 0 ? MaximumHistory : MaximumHistoryOfOthers);
            var query = HistoryOptions.FromBus(call, Uuid(call.Arguments[0].AsText()), limit);
            var reports = await manager.Requests.HistoryAsync(query, manager.Stopping).ConfigureAwait(false);
            return [BusValue.ArrayOf("a{sv}", Fitting(reports.Select(ReportCodec.ToBus)))];
        })
        .Method("PauseQueue", [new("s", "reason"), ArgumentDefinition.Options], async (manager, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            CallOptions.Read(call);
            await manager.Requests.PauseQueueAsync(ReasonText.Of(call.Arguments[0].AsText()), caller, manager.Stopping).ConfigureAwait(false);
        })
        .Method("ResumeQueue", [ArgumentDefinition.Options], async (manager, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            CallOptions.Read(call);
            await manager.Requests.ResumeQueueAsync(caller, manager.Stopping).ConfigureAwait(false);
        })
        .Method("AssessAll", [ArgumentDefinition.Options], async (manager, call) =>
        {
            var caller = await Bouncer.DemandAsync(call).ConfigureAwait(false);
            CallOptions.Read(call);
            await manager.Requests.AssessAllAsync(caller, manager.Stopping).ConfigureAwait(false);
        })
        .Property("Version", "s", manager => manager.View.ServiceVersion, PropertyChange.Constant)
        .Property("Mode", "s", manager => manager.View.Mode)
        .Property("Alarm", "s", manager => manager.View.Alarm)
        .Property("LastScan", "t", manager => BusTime.ToBus(manager.View.LastScan))
        .Property("QueueState", "s", manager => manager.View.QueueState)
        .Property("QueueReason", "s", manager => manager.View.QueueReason)
        .Property("PauseBudget", "t", manager => BusTime.Duration(manager.View.PauseBudgetMicroseconds))
        .Signal("HandoverEnded", [new("t", "id"), new("o", "domain"), new("s", "outcome")])
        .Build();

    /// <summary>Reads the manager's properties.</summary>
    /// <exception cref="BusException">A property is of another type.</exception>
    internal static HostView Read(IReadOnlyDictionary<string, BusValue> properties, IReadOnlyList<DomainView> domains)
    {
        return new HostView(
            Text("Version"),
            Text("Mode"),
            Text("Alarm"),
            properties.TryGetValue("LastScan", out var scan) ? BusTime.FromBus(scan) : null,
            domains)
        {
            QueueState = properties.TryGetValue("QueueState", out var queue) ? queue.AsText() : "running",
            QueueReason = Text("QueueReason"),
            PauseBudgetMicroseconds = properties.TryGetValue("PauseBudget", out var budget) ? budget.AsClampedInt64() : 0,
        };

        string Text(string name) => properties.TryGetValue(name, out var value) ? value.AsText() : "";
    }

    /// <summary>The newest of them, as many as a message can hold: one that is too long would cost the service its connection.</summary>
    private static IEnumerable<BusValue> Fitting(IEnumerable<BusValue> reports)
    {
        long room = ForeignBounds.MessageBytes - 1024;
        foreach (var report in reports)
        {
            room -= report.Size;
            if (room < 0)
                yield break;
            yield return report;
        }
    }

    private static Guid Domain(string path) => HandoverNames.TryParsePath(path, out var domain)
        ? domain
        : throw new ServiceException(ServiceFault.UnknownDomain, $"{path} is not the object of a domain; one looks like {HandoverNames.PathOf(Guid.Parse("6a2c8b1e-0000-4000-8000-0123456789ab"))}.");

    private static Guid? Uuid(string text) => text.Length == 0
        ? null
        : Guid.TryParseExact(text, "D", out var uuid)
            ? uuid
            : throw new ServiceException(ServiceFault.InvalidArgument, $"\"{text}\" is not a UUID; it looks like 6a2c8b1e-0000-4000-8000-0123456789ab.");
}
